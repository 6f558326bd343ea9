//! What several builds make.

use super::{Build, Product};

/// The product of several builds: each says where it puts a program, or they are the steps of one.
pub(super) fn product<'s>(builds: &[Build<'s>]) -> Result<Option<Product<'s>>, &'static str> {
    let started = builds.iter().find(|build| build.fills_started_folder());
    if let Some(started) = started {
        // `dotnet build` only prepares what `dotnet publish` puts into the folder.
        let verbs = |build: &Build<'s>| &build.invocation.action.verbs;
        let alike = builds.iter().filter(|build| verbs(build) == verbs(started));
        let alike: Vec<Build<'s>> = alike.cloned().collect();
        if alike.len() == 1 {
            return started.product();
        }
        if alike.len() < builds.len() {
            return product(&alike);
        }
    }
    let outputs: Option<Vec<String>> = builds
        .iter()
        .map(|build| build.output().flatten())
        .collect();
    match outputs {
        Some(outputs) => side_by_side(builds, outputs),
        None => of_steps(builds),
    }
}

/// The product of builds that say where they put what they make: in `outputs`.
fn side_by_side<'s>(
    builds: &[Build<'s>],
    outputs: Vec<String>,
) -> Result<Option<Product<'s>>, &'static str> {
    let are_many = outputs.iter().any(|path| *path != outputs[0]);
    if are_many && !builds.iter().all(Build::is_certain) {
        return Err(
            "one of several builds may be left out or fail, and a copy of what it makes would fail; join them with `&&`",
        );
    }
    let mut products = builds.iter().filter_map(|build| build.product().ok()?);
    let beside = outputs.into_iter().map(|path| (path.clone(), path));
    Ok(products.next().map(|product| Product {
        beside: beside.collect(),
        ..product
    }))
}

/// The product of builds that are the steps of one.
fn of_steps<'s>(builds: &[Build<'s>]) -> Result<Option<Product<'s>>, &'static str> {
    let language = |build: &Build<'s>| build.invocation.tool.ecosystem.as_deref();
    let are_steps = builds.iter().all(|build| {
        let action = build.invocation.action;
        language(build) == language(&builds[0])
            && action.sources == builds[0].invocation.action.sources
    });
    if !are_steps || !builds.iter().any(Build::is_made_anywhere) {
        return Err(
            "it is one of several builds, and dfopt cannot tell which files the program needs",
        );
    }
    let last = builds.iter().rev().map(Build::product);
    let found = last.filter(|product| !matches!(product, Ok(None)));
    let (located, missing): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
    let mut first = located.into_iter().chain(missing);
    first.next().unwrap_or(Ok(None))
}

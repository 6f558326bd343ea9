//! A rewrite must hold in every way in which the project builds the file.
//!
//! Services may share a Dockerfile, each with a build context of its own, and give it arguments that name another base
//! image. What is true of the files and the image of one need not be true of the other, so a rewrite is only made when
//! each of them leads to the same one.

use crate::analysis::Given;
use crate::analysis::state::Variable;
use crate::context::{BuildContext, OtherBuild};
use crate::syntax::Kind;
use crate::transform::{Cx, Plan, Refusal, Rewrite, Transform};

/// The code with which the engine refuses what holds in some builds only.
const OTHER_BUILD: &str = "other-build";

/// `rewrite`, with what it takes for granted in any of the builds of the project, or the refusal of one of them.
///
/// # Errors
/// When a build leads to no such rewrite.
pub(super) fn agreed(cx: &Cx<'_>, transform: &dyn Transform, mut rewrite: Rewrite) -> Plan {
    for build in cx.context.map_or(&[][..], BuildContext::other_builds) {
        let facts = cx.facts.given(cx.knowledge, &build.given);
        let context = build.context.as_ref().or(cx.context);
        let is_plain = build.given.arguments.is_empty() && facts.stages == cx.facts.stages;
        if build.context.is_none() && is_plain {
            continue;
        }
        let other = Cx {
            facts: &facts,
            context,
            ..*cx
        };
        let same = same_as(&rewrite, transform.plan(&other));
        let same = same.map_err(|refusal| match refusal {
            Some(refusal) => refusal,
            None => differs(cx, build, &rewrite),
        });
        let same = same.map_err(|refusal| {
            refusal.because(cx.place_of(&build.used), "built from here as well")
        })?;
        if !rewrite.additions.is_empty() && build.context.is_some() {
            return Err(differs(cx, build, &rewrite));
        }
        for sentence in same.assumes {
            rewrite.assume(sentence);
        }
    }
    assume_places(cx, transform, &mut rewrite);
    Ok(rewrite)
}

/// As many arguments are looked at one by one.
const MOST_ARGUMENTS: usize = 6;

/// Says of arguments that decide about paths that nobody gives them other values, where these would need another rewrite.
fn assume_places(cx: &Cx<'_>, transform: &dyn Transform, rewrite: &mut Rewrite) {
    let all = arguments_of_paths(cx);
    let differs = |some: &[(String, String)]| {
        let other = |(name, default): &(String, String)| (name.clone(), format!("{default}-other"));
        let given = Given {
            arguments: some.iter().map(other).collect(),
            ..Given::default()
        };
        let facts = cx.facts.given(cx.knowledge, &given);
        let other = Cx {
            facts: &facts,
            ..*cx
        };
        same_as(rewrite, transform.plan(&other)).is_err()
    };
    if all.is_empty() || !differs(&all) {
        return;
    }
    // Of very many it is not worth the time to tell which ones matter.
    let matters =
        |one: &(String, String)| all.len() > MOST_ARGUMENTS || differs(std::slice::from_ref(one));
    let names: Vec<String> = all
        .iter()
        .filter(|one| matters(one))
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        rewrite.assume(format!(
            "nobody builds with another {name}: what it stands for is written out"
        ));
    }
}

/// The arguments with a default that stand in paths, or make variables that do.
fn arguments_of_paths(cx: &Cx<'_>) -> Vec<(String, String)> {
    let uses = |index: usize, name: &str| {
        let text = cx.facts.source_text(index);
        text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"))
    };
    let stages = cx.facts.stages.iter();
    let places = stages.flat_map(|stage| stage.body.clone()).filter(|&at| {
        let kind = &cx.facts.views[at].kind;
        matches!(
            kind,
            Kind::Workdir(_)
                | Kind::Copy(_)
                | Kind::Add(_)
                | Kind::Volume { .. }
                | Kind::Env { .. }
        )
    });
    let mut found: Vec<(String, String)> = Vec::new();
    for at in places {
        for (name, variable) in cx.facts.states[at].variables.iter() {
            let Variable::Value {
                text,
                overridable: true,
            } = variable
            else {
                continue;
            };
            let is_env = matches!(cx.facts.views[at].kind, Kind::Env { .. });
            let is_path = uses(at, name) && (!is_env || text.starts_with('/'));
            if is_path && !found.iter().any(|(known, _)| known == name) {
                found.push((name.clone(), text.clone()));
            }
        }
    }
    found
}

/// The one among `plans` that changes the same; else what is refused at that place.
fn same_as(rewrite: &Rewrite, plans: Vec<Plan>) -> Result<Rewrite, Option<Refusal>> {
    let mut refused = None;
    for plan in plans {
        match plan {
            Ok(other) if other.edits == rewrite.edits && other.additions == rewrite.additions => {
                return Ok(other);
            }
            Ok(_) => {}
            Err(refusal) if refusal.site == rewrite.site => refused = Some(refusal),
            Err(_) => {}
        }
    }
    Err(refused)
}

fn differs(cx: &Cx<'_>, build: &OtherBuild, rewrite: &Rewrite) -> Refusal {
    let message = format!(
        "{} builds this file with another context, base image or arguments, for which this would be wrong: {}",
        build.used.name, rewrite.message
    );
    Refusal::new(rewrite.site, OTHER_BUILD, message).because(cx.place_of(&build.used), "this use")
}

//! `docker-bake.hcl` and `docker-bake.json`: the targets that build a Dockerfile.

use std::path::Path;

use serde_json::Value;

use super::paths::resolve;
use super::{Use, hcl, line_of};

/// How deep targets may inherit from each other.
const DEEPEST: usize = 8;

/// The targets of the bake file `name` in `folder`, with the Dockerfile that each builds.
pub(super) fn uses(folder: &Path, name: &str, text: &str) -> Vec<Use> {
    let file = if name.ends_with(".json") {
        serde_json::from_str(text).unwrap_or_default()
    } else {
        hcl::read(text)
    };
    let Some(targets) = file["target"].as_object() else {
        return Vec::new();
    };
    let names = targets.keys();
    names
        .filter_map(|target| {
            // What is computed may be anything.
            let setting = |key: &str| match attribute(&file, target, key, DEEPEST) {
                None => Some(None),
                Some(value) => value.as_str().map(Some),
            };
            let context = resolve(folder, setting("context")?.unwrap_or("."))?;
            Some(Use {
                file: folder.join(name),
                line: line_of(text, target),
                name: target.clone(),
                dockerfile: resolve(&context, setting("dockerfile")?.unwrap_or("Dockerfile"))?,
                context,
                target: setting("target")?.map(str::to_owned),
                container: None,
            })
        })
        .collect()
}

/// The attribute `key` of `target`, or of the last of those it inherits from that has one.
fn attribute<'f>(file: &'f Value, target: &str, key: &str, depth: usize) -> Option<&'f Value> {
    let body = file["target"].get(target)?;
    let inherited = || {
        let parents = body["inherits"].as_array().into_iter().flatten().rev();
        parents
            .filter_map(Value::as_str)
            .filter(|_| depth > 0)
            .find_map(|parent| attribute(file, parent, key, depth - 1))
    };
    body.get(key).or_else(inherited)
}

#[cfg(test)]
mod tests {
    use super::uses;
    use std::path::Path;

    #[test]
    fn targets_inherit_and_find_the_dockerfile_in_their_context() {
        let text = "target \"base\" {\n  context = \"src\"\n}\ntarget \"app\" {\n  inherits = [\"base\"]\n  target = \"prod\"\n}\n";
        let uses = uses(Path::new("/p"), "docker-bake.hcl", text);
        let app = uses
            .iter()
            .find(|found| found.name == "app")
            .expect("a target");
        assert_eq!(app.dockerfile, Path::new("/p/src/Dockerfile"));
        assert_eq!((app.target.as_deref(), app.line), (Some("prod"), Some(4)));
    }
}

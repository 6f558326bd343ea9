//! What the comments of a Dockerfile have people type: `# docker run -v "$PWD:/data" web`.

use std::path::Path;

use super::Use;
use super::files::{Table, without_backquotes};
use super::images::{Built, Known};
use super::setting::Location;

/// The containers that the comments of the Dockerfile `text` start: of the images that they build, or where they build none, of
/// images that are not `foreign`, which can only be its own. What they mount is seen from the folder of the caller.
#[must_use]
pub fn started_by_comments(text: &str, foreign: impl Fn(&str) -> bool) -> Vec<Use> {
    let table = Table::builtin();
    // Few files do, and every file is asked.
    let may_start = |text: &str| table.started.may_start(text);
    let comments = may_start(text).then(|| comments(text)).flatten();
    let Some(comments) = comments.filter(|text| may_start(text)) else {
        return Vec::new();
    };
    let builds = table
        .commands
        .builds(&Location::of(Path::new("/")), &comments, true);
    let tags: Vec<String> = builds.into_iter().flat_map(|built| built.tags).collect();
    let own = Use {
        is_certain: true,
        ..Use::new("docker build", Location::unknown())
    };
    let is_built = !tags.is_empty();
    let built = Built {
        used: own.clone(),
        tags,
    };
    let known = Known {
        built: vec![&built],
        own: (!is_built).then_some(own),
        ..Known::default()
    };
    let uses = table.started.of_images(Path::new(""), &comments, &known);
    let image = |used: &Use| used.name.rsplit(' ').next().is_some_and(&foreign);
    let is_own = |used: &Use| !used.is_guess && (is_built || !image(used));
    uses.into_iter().filter(is_own).collect()
}

/// The comments of `text` on their lines, and nothing on the others; `None` where there are none.
fn comments(text: &str) -> Option<String> {
    let comment = |line: &str| {
        let comment = line.trim_start().strip_prefix('#')?;
        Some(comment.trim_start_matches(['#', ' ', '\t']).to_owned())
    };
    let lines: Vec<Option<String>> = text.lines().map(comment).collect();
    lines.iter().any(Option::is_some).then(|| {
        let lines: Vec<String> = lines.into_iter().map(Option::unwrap_or_default).collect();
        without_backquotes(&lines.join("\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Use> {
        started_by_comments(text, |image| image.starts_with("postgres"))
    }

    #[test]
    fn comments_stay_on_their_lines() {
        let text =
            "FROM a\n# docker run \\\n#   -v `pwd`:/data web\nRUN b # c\n  ## use `docker run web`";
        let expected = "\ndocker run \\\n-v $(pwd):/data web\n\nuse  ; docker run web ; ";
        assert_eq!(comments(text).as_deref(), Some(expected));
        assert_eq!(comments("FROM a\nRUN docker run b"), None);
    }

    #[test]
    fn an_image_that_nobody_builds_is_that_of_the_file() {
        let uses =
            found("FROM a\n# Run it:\n# docker run --rm \\\n#  -v $(pwd)/out:/out <image id>");
        let [used] = &uses[..] else {
            panic!("{uses:?}");
        };
        assert_eq!((used.line, used.is_certain), (Some(3), true));
        let mounts = &used.container.as_ref().expect("a container").mounts;
        assert_eq!(mounts[0].host.as_deref(), Some(Path::new("out")));
    }

    #[test]
    fn other_images_are_none_of_it() {
        assert_eq!(found("# docker run -v db:/data postgres:16"), []);
        let text = "# docker build -t web .\n# docker run --privileged tonistiigi/binfmt\n# docker run web";
        let uses = found(text);
        assert_eq!(uses.len(), 1, "{uses:?}");
    }
}

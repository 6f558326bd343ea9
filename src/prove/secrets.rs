//! Secrets that a build needs after a rewrite, and that only the user can hand over.

use crate::engine::Entry;
use crate::transform::Change;

/// Why the text that the rewrites of `journal` made cannot be built here, if that is for a secret: `arguments`, those of
/// the build, hand over none with its id, and the build ends without one, or they give the value in the old way.
pub(super) fn missing(journal: &[Entry], arguments: &[String]) -> Option<String> {
    let changes = journal.iter().flat_map(|entry| &entry.rewrite.declares);
    let mut mounts = changes.filter_map(|change| match change {
        Change::Mount(flag) => flag.strip_prefix("--mount=type=secret,"),
        _ => None,
    });
    mounts.find_map(|mount| {
        let id = mount.split(',').find_map(|part| part.strip_prefix("id="))?;
        let is_required = mount.split(',').any(|part| part.starts_with("required"));
        let is_needed = is_required || is_given_as_argument(id, arguments);
        (is_needed && !is_handed_over(id, arguments)).then(|| {
            format!("the build needs the secret {id}: hand it over with `--build-option=--secret=id={id},env={id}`, or `src=` and a file")
        })
    })
}

/// Whether `--secret` names the secret `id`.
fn is_handed_over(id: &str, arguments: &[String]) -> bool {
    let mut words = arguments.iter().flat_map(|argument| {
        let value = argument.split_once("--secret=");
        value
            .map_or(argument.as_str(), |(_, value)| value)
            .split(',')
    });
    words.any(|word| word.strip_prefix("id=") == Some(id))
}

/// Whether `--build-arg` gives the variable `name`.
fn is_given_as_argument(name: &str, arguments: &[String]) -> bool {
    let values = arguments.iter().map(|argument| {
        let value = argument.split_once("--build-arg=");
        value.map_or(argument.as_str(), |(_, value)| value)
    });
    let mut names = values.map(|value| value.split('=').next());
    names.any(|given| given == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Rewrite;

    fn said(mount: &str, arguments: &[&str]) -> Option<String> {
        let entry = Entry {
            id: "mount-secrets",
            rewrite: Rewrite {
                declares: vec![Change::Mount(mount.to_owned())],
                ..Rewrite::default()
            },
            before: String::new(),
        };
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        missing(&[entry], &arguments)
    }

    #[test]
    fn a_secret_that_is_needed_has_to_be_handed_over() {
        let required = "--mount=type=secret,id=TOKEN,env=TOKEN,required=true";
        let optional = "--mount=type=secret,id=TOKEN,env=TOKEN";
        assert!(said(required, &[]).is_some_and(|why| why.contains("--secret=id=TOKEN")));
        assert_eq!(said(optional, &[]), None);
        assert!(said(optional, &["--build-arg", "TOKEN=x"]).is_some());
        assert!(said(optional, &["--build-arg=TOKEN"]).is_some());
        let both = ["--build-arg", "TOKEN=x", "--secret=id=TOKEN,env=T"];
        assert_eq!(said(optional, &both), None);
        assert_eq!(said(required, &["--secret", "id=TOKEN,src=t"]), None);
        assert!(said(required, &["--secret=id=OTHER,env=T"]).is_some());
        assert_eq!(said("--mount=type=cache,target=/x", &[]), None);
    }
}

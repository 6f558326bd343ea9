//! Where the instructions of a stage name paths of the image that they make, and the same with another name for a folder.

use super::Facts;
use super::stages::Stage;
use crate::edit::Edits;
use crate::syntax::{Kind, Span};

/// The texts of the instruction at `index` in which such paths stand, in its logical line. Of a copy that is where it goes, for
/// what it takes may be of another image.
fn places(facts: &Facts<'_>, index: usize) -> Vec<Span> {
    let view = &facts.views[index];
    match &view.kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => vec![transfer.dest.span],
        Kind::Workdir(_)
        | Kind::Env { .. }
        | Kind::Volume { .. }
        | Kind::Cmd { .. }
        | Kind::Entrypoint { .. }
        | Kind::Healthcheck(_) => vec![view.body],
        _ => Vec::new(),
    }
}

/// Where `text` names `folder`, or something in it.
fn named(text: &str, folder: &str) -> Vec<usize> {
    let is_of_path = |c: char| c.is_alphanumeric() || "_-./~*}".contains(c);
    let starts = |at: usize| !text[..at].chars().next_back().is_some_and(is_of_path);
    let ends = |at: usize| {
        let behind = text[at..].chars().next();
        behind.is_none_or(|c| c == '/' || !is_of_path(c))
    };
    let found = text.match_indices(folder).map(|(at, _)| at);
    found
        .filter(|&at| starts(at) && ends(at + folder.len()))
        .collect()
}

/// Whether `text` names `folder`, or something in it.
#[must_use]
pub fn is_named(text: &str, folder: &str) -> bool {
    !named(text, folder).is_empty()
}

/// Whether the instructions of `stage` name `folder`, or something in it, where these are paths of its own.
#[must_use]
pub fn has(facts: &Facts<'_>, stage: &Stage, folder: &str) -> bool {
    stage.body.clone().any(|index| {
        let text = &facts.views[index].logical.text;
        let mut places = places(facts, index).into_iter();
        places.any(|place| !named(place.text(text), folder).is_empty())
    })
}

/// Whether a step of `stage` names `folder`, or something in it.
#[must_use]
pub fn is_in_step(facts: &Facts<'_>, stage: &Stage, folder: &str) -> bool {
    let mut body = stage.body.clone();
    body.any(|index| {
        let is_step = matches!(
            facts.views[index].kind,
            Kind::Run { .. } | Kind::Arg { .. } | Kind::Shell { .. }
        );
        is_step && !named(facts.source_text(index), folder).is_empty()
    })
}

/// The edits that call the folder `from` of the image of `stage` `to`. `None` where its name is broken over two lines.
#[must_use]
pub fn renamed(facts: &Facts<'_>, stage: &Stage, from: &str, to: &str) -> Option<Edits> {
    let mut edits = Edits::new();
    for index in stage.body.clone() {
        let logical = &facts.views[index].logical;
        for place in places(facts, index) {
            for at in named(place.text(&logical.text), from) {
                let start = place.start + at;
                let span = Span::new(start, start + from.len());
                if logical.crosses_seam(span) {
                    return None;
                }
                edits.replace(facts.source(index, span), to);
            }
        }
    }
    Some(edits)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_folder_is_named_by_a_whole_part_of_a_path() {
        assert_eq!(named("/root/ /root \"/root/a\"", "/root"), [0, 7, 14]);
        assert_eq!(named("A=/root/.env:/root", "/root"), [2, 13]);
        assert_eq!(
            named("/rootfs /var/root ./root $X/root /root.d", "/root"),
            [0; 0]
        );
    }
}

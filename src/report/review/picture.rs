//! The layers of an image, and which of them are built again after a change.

use crate::analysis::Facts;
use crate::analysis::rebuild::{Fate, brings, fates};
use crate::analysis::sources::is_file;
use crate::context::BuildContext;
use crate::knowledge::Knowledge;
use crate::syntax::parse;

/// The most characters of an instruction that are shown.
const MOST_CHARACTERS: usize = 160;

/// The stages of a text, from the first to the one that is shipped.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// The stages.
    pub stages: Vec<Stage>,
}

/// A stage with its steps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its `FROM`, as written.
    pub from: String,
    /// Whether it is the one that is shipped.
    pub is_shipped: bool,
    /// The instructions that are steps of a build.
    pub steps: Vec<Step>,
}

/// A step of a build.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The instruction on one line.
    pub text: String,
    /// What becomes of it after the change.
    pub fate: Fate,
}

impl Picture {
    /// Draws `text`, for a change of the file at `changed`; without one, of whatever may hold source.
    pub(super) fn new(
        text: &str,
        changed: Option<&str>,
        context: Option<&BuildContext>,
        knowledge: &Knowledge,
    ) -> Self {
        let file = parse(text);
        let facts = Facts::new(&file, knowledge);
        let holds_source = |source: &str| {
            let mut languages = knowledge.tools.languages().iter();
            let is_source =
                languages.any(|language| language.sources.iter().any(|end| source.ends_with(end)));
            is_source || !is_file(&facts, knowledge, context, source)
        };
        let fates = match changed {
            Some(path) => fates(&facts, &|source| brings(source, path)),
            None => fates(&facts, &holds_source),
        };
        let last = facts.stages.len().saturating_sub(1);
        let stages = facts.stages.iter().map(|stage| Stage {
            from: on_one_line(&facts, stage.from),
            is_shipped: stage.index == last,
            steps: stage
                .body
                .clone()
                .filter_map(|at| {
                    Some(Step {
                        fate: fates[at]?,
                        text: on_one_line(&facts, at),
                    })
                })
                .collect(),
        });
        Self {
            stages: stages.collect(),
        }
    }

    /// How many steps run again, and how many there are. Those that are not built count for neither.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let steps = self.stages.iter().flat_map(|stage| &stage.steps);
        let built: Vec<&Step> = steps.filter(|step| step.fate != Fate::NotBuilt).collect();
        let again = built.iter().filter(|step| step.fate == Fate::Again);
        (again.count(), built.len())
    }
}

/// An instruction without its comments and line breaks, cut where it gets long.
fn on_one_line(facts: &Facts<'_>, index: usize) -> String {
    let text = &facts.views[index].logical.text;
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    match whole.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{} …", &whole[..end]),
        None => whole,
    }
}

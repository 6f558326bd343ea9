//! A review: what a person would say of a Dockerfile, what matters most first.
//!
//! | module | |
//! |---|---|
//! | [`picture`] | the layers, and which of them are built again after a change |
//! | [`text`] | the review in words |
//! | [`html`] | the review as a page that needs nothing else |

mod html;
mod picture;
mod text;

use crate::context::BuildContext;
use crate::engine::{Refused, Withheld};
use crate::knowledge::Knowledge;
use crate::transform::{Evidence, Gain, Safety};
use crate::transforms;

use super::FileReport;

pub use html::Html;
pub use picture::{Picture, Stage, Step};
pub use text::Review;

/// The layers of a file before and after.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pictures {
    /// The file of the build context that has changed; `None` when it stands for any file of the source.
    pub changed_file: Option<String>,
    /// The layers of the file as it is.
    pub before: Picture,
    /// The layers after the rewrites.
    pub after: Picture,
}

impl Pictures {
    /// Draws both texts. Without `changed_file`, whatever may hold source has changed.
    #[must_use]
    pub fn new(
        texts: [&str; 2],
        changed_file: Option<String>,
        context: Option<&BuildContext>,
        knowledge: &Knowledge,
    ) -> Self {
        let draw = |text| Picture::new(text, changed_file.as_deref(), context, knowledge);
        let [before, after] = texts.map(draw);
        Self {
            changed_file,
            before,
            after,
        }
    }
}

/// What a rewrite is good for; [`Gain::Upkeep`] when the transform is none of dfopt's own.
fn gain(id: &str) -> Gain {
    transforms::find(id).map_or(Gain::Upkeep, |transform| transform.info().gain)
}

/// The rewrites that were made, by their places in the journal: what matters most first.
fn by_worth(report: &FileReport) -> Vec<usize> {
    let journal = &report.outcome.journal;
    let mut order: Vec<usize> = (0..journal.len()).collect();
    order.sort_by_key(|&nth| gain(journal[nth].id));
    order
}

/// What is left for a person.
enum Left<'r> {
    /// A rewrite that was not admitted.
    Withheld(&'r Withheld),
    /// What stands in the way of one.
    Refused(&'r Refused),
}

impl Left<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::Withheld(withheld) => withheld.id,
            Self::Refused(refused) => refused.id,
        }
    }

    fn start(&self) -> usize {
        match self {
            Self::Withheld(withheld) => withheld.rewrite.site.start,
            Self::Refused(refused) => refused.refusal.site.start,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Withheld(withheld) => &withheld.rewrite.message,
            Self::Refused(refused) => &refused.refusal.message,
        }
    }

    fn because(&self) -> &[Evidence] {
        match self {
            Self::Withheld(withheld) => &withheld.rewrite.because,
            Self::Refused(refused) => &refused.refusal.because,
        }
    }

    /// The level that admits it.
    fn needs(&self) -> Option<Safety> {
        match self {
            Self::Withheld(withheld) => Some(withheld.rewrite.safety()),
            Self::Refused(_) => None,
        }
    }

    /// `merge-apt/opaque-shell`, or the name of the transform alone.
    fn rule(&self) -> String {
        match self {
            Self::Withheld(withheld) => withheld.id.to_owned(),
            Self::Refused(refused) => format!("{}/{}", refused.id, refused.refusal.code),
        }
    }
}

/// What is left for a person: what matters most first, and of that what only waits for a word of the user.
fn left(report: &FileReport) -> Vec<Left<'_>> {
    let withheld = report.outcome.withheld.iter().map(Left::Withheld);
    let refused = report.outcome.refusals.iter().map(Left::Refused);
    let mut left: Vec<Left<'_>> = withheld.chain(refused).collect();
    left.sort_by_key(|one| (gain(one.id()), one.needs().is_none(), one.start()));
    left
}

/// Less than this is what any build of the same file may differ by, in bytes.
const NOISE: u64 = 50_000;

/// What the rewrite `nth` of the journal saves, in bytes, where builds have shown it. Less than nothing when it costs.
fn saving(report: &FileReport, nth: usize) -> Option<i64> {
    let proof = report.proof.as_ref()?;
    let after = *proof.sizes.get(nth)?;
    let before = match nth.checked_sub(1) {
        Some(previous) => *proof.sizes.get(previous)?,
        None => proof.before.as_ref()?.bytes,
    };
    Some(before.cast_signed() - after.cast_signed()).filter(|saved| saved.unsigned_abs() >= NOISE)
}

/// `-837.1 MB`: what is saved is less.
fn difference(saved: i64) -> String {
    let sign = if saved > 0 { '-' } else { '+' };
    format!("{sign}{}", super::table::megabytes(saved.unsigned_abs()))
}

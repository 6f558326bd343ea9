//! How large a file may be that is rewritten.
//!
//! Reading takes time linear in a file's length. Rewriting does not: there may be a rewrite for every
//! instruction, each is followed by another look at the whole file, and the verifier compares steps
//! in pairs. What people write is far below all of these limits (of 2,728 Dockerfiles of public
//! projects the longest has 20 kB, 254 instructions and some hundred commands, and Docker itself
//! takes 127 layers), so a file above one of them is generated, or made to keep a program busy. It
//! is read, checked and otherwise left alone.

use crate::analysis::Facts;
use crate::syntax::{Dockerfile, Span};
use crate::transform::Refusal;

/// The longest file that is rewritten, in bytes.
pub const MOST_BYTES: usize = 128 * 1024;

/// The most instructions of a file that is rewritten.
pub const MOST_INSTRUCTIONS: usize = 1_000;

/// The most commands, in all `RUN`s together, of a file that is rewritten.
pub const MOST_COMMANDS: usize = 2_000;

/// The code with which the engine refuses a file above a limit, for any transform.
const TOO_LARGE: &str = "too-large";

/// More rewrites than a file needs: past this a transform undoes another's work.
pub(super) fn most_rewrites(file: &Dockerfile<'_>) -> usize {
    100 + 4 * file.instructions().len()
}

/// Why `file` is left alone, as far as that can be told without reading its instructions.
pub(super) fn excess(file: &Dockerfile<'_>) -> Option<Refusal> {
    let instructions = file.instructions();
    let (length, count) = (file.text().len(), instructions.len());
    let what = if length > MOST_BYTES {
        format!("it has {length} bytes, and {MOST_BYTES}")
    } else if count > MOST_INSTRUCTIONS {
        format!("it has {count} instructions, and {MOST_INSTRUCTIONS}")
    } else {
        return None;
    };
    let site = instructions.first().map(|first| first.span);
    Some(refusal(site.unwrap_or_default(), &what))
}

/// Why a file with these facts is left alone.
pub(super) fn excess_of_commands(facts: &Facts<'_>) -> Option<Refusal> {
    let steps = |index: usize| facts.runs[index].as_ref().map_or(0, |run| run.steps.len());
    let count: usize = (0..facts.runs.len()).map(steps).sum();
    let most = (0..facts.runs.len()).max_by_key(|&index| steps(index))?;
    let what = format!("its RUNs have {count} commands, and {MOST_COMMANDS}");
    let site = facts.file.instructions()[most].span;
    (count > MOST_COMMANDS).then(|| refusal(site, &what))
}

fn refusal(site: Span, what: &str) -> Refusal {
    let message = format!(
        "the file is too large to be rewritten: {what} are the most; split it into several"
    );
    Refusal::new(site, TOO_LARGE, message)
}

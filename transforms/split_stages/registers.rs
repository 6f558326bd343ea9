//! Commands of a build that register what it has made, as `ldconfig` does behind `make install`: the runtime stage repeats them
//! behind what it copies.

use crate::analysis::commands::Invocation;
use crate::analysis::runs::{Run, Step};

use super::Site;
use super::installed;

/// Those of `run`, as they are written.
pub(super) fn commands(site: &Site<'_>, at: usize, run: &Run<'_>) -> Vec<String> {
    let steps = run.steps.iter().filter(|step| later(run, step));
    steps
        .map(|step| installed::command(site, at, step))
        .collect()
}

/// Whether `step` of `run` can be done later, when more is there: it works on whatever it finds, and every image has it.
pub(super) fn later(run: &Run<'_>, step: &Step<'_>) -> bool {
    let registers = |own: &Invocation<'_>| {
        own.tool.registers && own.tool.always_there && own.operands.is_empty()
    };
    run.is_straight() && !step.redirected && step.invocation.as_ref().is_some_and(registers)
}

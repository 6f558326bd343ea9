//! Interpreters that the build has put into the home folder of root.

use super::left_behind::Looker;
use crate::analysis::paths::below;
use crate::analysis::runs::Step;
use crate::transform::Refusal;
use crate::transforms::interpreters::{Owner, owner};

impl Looker<'_> {
    /// An environment is of no use to those who may not enter the folder of its interpreter.
    ///
    /// # Errors
    /// When that is in the home folder of root.
    pub(super) fn own_interpreter(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        let Owner::Tool(folder) = owner(self.cx, self.site.stage, index, step) else {
            return Ok(());
        };
        let home = self.cx.facts.states[index].value("HOME");
        let is_moved = home.is_some_and(|home| below(&home, "/root").is_none());
        let invocation = step.invocation.as_ref();
        let brought = invocation.and_then(|own| own.tool.interpreter.as_ref());
        match brought.filter(|_| below(&folder, "/root").is_some() && !is_moved) {
            Some(brought) => {
                let message = format!(
                    "the image has no {0} that the project asks for, and the one that `{1}` downloads into {folder} is for root alone; choose an image that has it, or name another folder ({2})",
                    brought.name,
                    self.text_of(index, step),
                    brought.moved_by.join(", ")
                );
                Err(self.refuse("home-of-root", index, message))
            }
            None => Ok(()),
        }
    }
}

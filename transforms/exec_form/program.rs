//! Whether the kernel can start a program by itself.
//!
//! A shell that is to run a text file without `#!` reads that file; `execve` answers with ENOEXEC.

use crate::analysis::paths::join;
use crate::analysis::stages::Stage;
use crate::transform::{Cx, Place, Rewrite};
use crate::transforms::origin::{Origin, origin};

/// A program that needs no shell to start.
pub(super) struct Started {
    /// The program and its arguments.
    pub words: Vec<String>,
    known_by: KnownBy,
}

enum KnownBy {
    Evidence(Place, &'static str),
    Assumption(String),
}

impl Started {
    /// Says with `rewrite` how it is known that no shell is needed.
    pub(super) fn tell(self, rewrite: &mut Rewrite) {
        match self.known_by {
            KnownBy::Evidence(place, note) => rewrite.evidence(place, note),
            KnownBy::Assumption(sentence) => rewrite.assume(sentence),
        }
    }
}

/// What is known of the program that `words` name at `index`.
///
/// # Errors
/// Why a shell is needed.
pub(super) fn started(
    cx: &Cx<'_>,
    stage: &Stage,
    index: usize,
    words: Vec<String>,
) -> Result<Started, &'static str> {
    let program = &words[0];
    let path = join(&cx.facts.states[index].workdir, program);
    let script = match origin(cx, stage, &path) {
        Origin::File(file) if program.contains('/') => {
            let text = cx.context.and_then(|context| context.read(&file));
            text.map(|text| (file, text))
        }
        _ => None,
    };
    let known_by = match script {
        Some((_, text)) if !text.starts_with("#!") => {
            return Err("a shell reads the script, whose first line names no interpreter");
        }
        Some((file, _)) => KnownBy::Evidence(Place::File(file, Some(1)), "names its interpreter"),
        None if is_known(cx, &words) => {
            KnownBy::Evidence(Place::Table("startup"), "a program that starts by itself")
        }
        None => KnownBy::Assumption(format!(
            "`{program}` is a program, or a script whose first line names its interpreter (`#!`)"
        )),
    };
    Ok(Started { words, known_by })
}

/// Whether the tables know the program by its name.
fn is_known(cx: &Cx<'_>, words: &[String]) -> bool {
    let names: Vec<&str> = words.iter().map(String::as_str).collect();
    let in_tables = || {
        cx.knowledge.startup.program(words).is_some() || cx.knowledge.tools.find(&names).is_some()
    };
    !words[0].contains('/') && in_tables()
}

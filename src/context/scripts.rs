//! What reads the scripts of the project.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use super::BuildContext;
use crate::analysis::paths::file_name;

/// More of a first line than this is not read: the kernel reads 256 bytes at the most.
const LONGEST: u64 = 256;

impl BuildContext {
    /// The name of the program that reads the script at `path`; `None` when it is none.
    pub(super) fn interpreter(&self, path: &str) -> Option<Arc<str>> {
        self.interpreters.get(path, || {
            let mut start = Vec::new();
            let file = File::open(self.root.join(path)).ok()?;
            file.take(LONGEST).read_to_end(&mut start).ok()?;
            let name = interpreter_of(&String::from_utf8_lossy(&start))?;
            Some(name.into())
        })
    }
}

/// The name of the program that the first line of a script names.
#[must_use]
pub fn interpreter_of(text: &str) -> Option<String> {
    let first = text.strip_prefix("#!")?.lines().next()?;
    let names = first.split_whitespace().map(file_name);
    let mut programs = names.filter(|name| !name.starts_with('-') && *name != "env");
    programs.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_program() {
        assert_eq!(
            interpreter_of("#!/usr/bin/env python3\nx").as_deref(),
            Some("python3")
        );
        assert_eq!(
            interpreter_of("#! /usr/bin/perl -w\n").as_deref(),
            Some("perl")
        );
        assert_eq!(
            interpreter_of("#!/usr/bin/env -S deno run -A\n").as_deref(),
            Some("deno")
        );
        assert_eq!(interpreter_of("LICENSE\n"), None);
    }
}

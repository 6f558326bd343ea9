//! Commands of the user's, run in containers of both images.

use std::time::Duration;

use super::Side;
use super::engines::{Error, Image};
use super::process::Said;
use crate::report::proof::Check;
use crate::syntax::shell;

/// A command, as the user wrote it and in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Smoke {
    text: String,
    words: Vec<String>,
}

/// What the commands do in an image.
pub type Answers = Vec<Option<Said>>;

impl Smoke {
    /// Reads a command line as a shell would: one command, with quotes and without variables.
    ///
    /// # Errors
    /// When it is more than that.
    pub fn new(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not one plain command; write `sh -c '…'` for more");
        let script = shell::parse(text).map_err(|_| wrong())?;
        let commands = script.simple_commands();
        let ([command], [item]) = (&commands[..], &script.items[..]) else {
            return Err(wrong());
        };
        let is_plain = command.redirects.is_empty()
            && command.assignments.is_empty()
            && item.terminator.is_none();
        let words = command
            .words
            .iter()
            .map(|word| word.literal(text).map(Into::into));
        let words: Option<Vec<String>> = words.collect();
        let words = words
            .filter(|words| is_plain && !words.is_empty())
            .ok_or_else(wrong)?;
        Ok(Self {
            text: text.to_owned(),
            words,
        })
    }

    /// What it does in a container of `image`, behind the entry point as `docker run` does it.
    fn run(&self, image: &Image<'_>, side: &Side, limit: Duration) -> Result<Option<Said>, Error> {
        let entry_point = side.inspected.configuration.words("Entrypoint");
        image.run(&entry_point, &self.words, limit)
    }
}

/// What all of `smokes` do in an image.
///
/// # Errors
/// When the engine fails.
pub fn run(
    smokes: &[Smoke],
    image: &Image<'_>,
    side: &Side,
    limit: Duration,
) -> Result<Answers, Error> {
    smokes
        .iter()
        .map(|smoke| smoke.run(image, side, limit))
        .collect()
}

/// Compares what `smokes` did before, twice, with what they do after.
#[must_use]
pub fn compare(smokes: &[Smoke], before: &[Answers; 2], after: &Answers) -> Check {
    let mut findings = Vec::new();
    let mut says = Vec::new();
    for (at, smoke) in smokes.iter().enumerate() {
        let text = &smoke.text;
        match (&before[0][at], &before[1][at], &after[at]) {
            (Some(old), Some(again), Some(new)) => match difference(old, again, new) {
                Ok(word) => says.push(format!("`{text}`: {word}")),
                Err(finding) => findings.push(format!("`{text}`: {finding}")),
            },
            (Some(_), Some(_), None) => findings.push(format!("`{text}` does not end any more")),
            _ => findings.push(format!(
                "`{text}` does not end before the rewrites either: give a command that does, or a longer --smoke-timeout"
            )),
        }
    }
    Check {
        name: "smoke",
        ok: findings.is_empty(),
        says: says.join(", "),
        findings,
    }
}

fn difference(old: &Said, again: &Said, new: &Said) -> Result<String, String> {
    if old.code != new.code {
        return Err(format!("{old} became {new}"));
    }
    let code = new.code;
    if old != again {
        return Ok(format!(
            "exit {code}; what it prints is different every time"
        ));
    }
    if (&old.out, &old.err) != (&new.out, &new.err) {
        return Err(format!("{old} became {new}"));
    }
    Ok(format!("exit {code}, the same output"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, out: &str) -> Option<Said> {
        Some(Said {
            code,
            out: out.to_owned(),
            err: String::new(),
        })
    }

    fn compared(before: [Option<Said>; 2], after: Option<Said>) -> Check {
        let smoke = Smoke::new("app --version").expect("a command");
        compare(&[smoke], &before.map(|said| vec![said]), &vec![after])
    }

    #[test]
    fn code_and_output_have_to_be_the_same() {
        let same = || [said(0, "1\n"), said(0, "1\n")];
        assert!(compared(same(), said(0, "1\n")).ok);
        assert!(!compared(same(), said(0, "2\n")).ok);
        assert!(!compared(same(), said(1, "1\n")).ok);
        assert!(!compared(same(), None).ok);
        let restless = || [said(0, "12:00"), said(0, "12:01")];
        assert!(compared(restless(), said(0, "12:02")).ok);
        assert!(!compared(restless(), said(127, "12:02")).ok);
    }

    #[test]
    fn a_command_is_one_plain_command() {
        let words = |text: &str| Smoke::new(text).map(|smoke| smoke.words);
        assert_eq!(
            words("python -c 'import app'"),
            Ok(["python", "-c", "import app"].map(str::to_owned).into())
        );
        for text in [
            "",
            "a && b",
            "a | b",
            "a > b",
            "A=1 b",
            "echo $HOME",
            "a &",
            "'",
        ] {
            assert!(words(text).is_err(), "{text}");
        }
    }
}

//! What `BuildKit`'s instruction reader rejects although its parser takes it.
//!
//! The checks run in `BuildKit`'s order, so that the first complaint is the one that it gives.

mod flags;
mod suggest;

use super::Pair;
use super::arguments::Arguments;
use super::command::Command;
use super::error::Complaint;
use super::heredoc::Marker;
use super::keyword::Keyword;
use super::span::Span;
use super::words::Word;

/// The complaint about an instruction, if there is one.
type Checked = Result<(), Complaint>;

/// What is wrong with an instruction, if anything. A place in an empty argument list is given as
/// the keyword's.
pub(super) fn complaint(line: &str, command: &Command, arguments: &Arguments) -> Option<Complaint> {
    let check = Check {
        line,
        command,
        arguments,
        keyword: keyword(line, command),
    };
    check.run().err()
}

fn keyword(line: &str, command: &Command) -> Keyword {
    Keyword::from_word(command.keyword.text(line))
}

struct Check<'c> {
    line: &'c str,
    command: &'c Command,
    arguments: &'c Arguments,
    keyword: Keyword,
}

impl Check<'_> {
    fn run(&self) -> Checked {
        match self.keyword {
            Keyword::Unknown => Err(self.unknown_instruction()),
            Keyword::From => self.stage_name().and_then(|()| self.flags()),
            Keyword::Copy | Keyword::Add => self.transfer(),
            Keyword::Env | Keyword::Label => self.flags().and_then(|()| self.pairs()),
            Keyword::Arg => self.at_least_one().and_then(|()| self.arg_names()),
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => self.flags(),
            Keyword::Shell => self.flags().and_then(|()| self.shell()),
            Keyword::Healthcheck => self.healthcheck(),
            Keyword::Onbuild => self.onbuild(),
            Keyword::Expose => self.at_least_one().and_then(|()| self.flags()),
            Keyword::Volume => self
                .at_least_one()
                .and_then(|()| self.flags())
                .and_then(|()| self.volumes()),
            Keyword::Maintainer | Keyword::User | Keyword::Workdir => {
                self.exactly_one().and_then(|()| self.flags())
            }
            // BuildKit does not look at the flags of a STOPSIGNAL.
            Keyword::Stopsignal => self.exactly_one(),
        }
    }

    fn complain(&self, message: impl Into<String>, advice: impl Into<String>) -> Complaint {
        let body = self.command.body;
        let span = if body.is_empty() {
            self.command.keyword
        } else {
            body
        };
        Complaint::new(span, message, advice)
    }

    fn flags(&self) -> Checked {
        flags::check(self.keyword, self.command)
    }

    fn unknown_instruction(&self) -> Complaint {
        let word = self.command.keyword.text(self.line);
        let advice = match suggest::nearest(word, Keyword::ALL.iter().map(|known| known.name())) {
            Some(name) => format!("did you mean {name}?"),
            None => "continue the line before with a backslash if this belongs to it".to_owned(),
        };
        Complaint::new(
            self.command.keyword,
            format!("unknown instruction: {word}"),
            advice,
        )
    }

    fn at_least_one(&self) -> Checked {
        let empty = match self.arguments {
            Arguments::None => true,
            Arguments::Exec(words) => words.is_empty(),
            Arguments::List(words) => words.is_empty(),
            _ => false,
        };
        let advice = format!(
            "write `{} …` with an argument, or remove the line",
            self.keyword
        );
        if empty {
            return Err(self.complain(
                format!("{} requires at least one argument", self.keyword),
                advice,
            ));
        }
        Ok(())
    }

    fn exactly_one(&self) -> Checked {
        if matches!(self.arguments, Arguments::Whole(_)) {
            return Ok(());
        }
        let message = format!("{} requires exactly one argument", self.keyword);
        Err(self.complain(message, "give it a value, or remove the line"))
    }

    fn stage_name(&self) -> Checked {
        let words = match self.arguments {
            Arguments::List(words) => &words[..],
            _ => &[],
        };
        match words {
            [_] => Ok(()),
            [_, word, name] if word.raw.eq_ignore_ascii_case("as") => check_stage_name(name),
            _ => Err(self.complain(
                "FROM requires either one or three arguments",
                "write `FROM <image>` or `FROM <image> AS <name>`",
            )),
        }
    }

    fn transfer(&self) -> Checked {
        let (count, dest) = match self.arguments {
            Arguments::List(words) => {
                (words.len(), words.last().map(|word| (word.span, &word.raw)))
            }
            Arguments::Exec(words) => (
                words.len(),
                words.last().map(|word| (word.span, &word.value)),
            ),
            _ => (0, None),
        };
        let keyword = self.keyword;
        let (Some((span, dest)), 2..) = (dest, count) else {
            return Err(self.complain(
                format!(
                    "{keyword} requires at least two arguments, but only one was provided. \
                     Destination could not be determined"
                ),
                format!("write `{keyword} <source>… <destination>`"),
            ));
        };
        self.flags()?;
        if matches!(Marker::read(dest), Ok(Some(_))) {
            let message = format!("{keyword} cannot accept a heredoc as a destination");
            return Err(Complaint::new(
                span,
                message,
                "name the file to write behind it",
            ));
        }
        Ok(())
    }

    fn pairs(&self) -> Checked {
        let pairs = match self.arguments {
            Arguments::Pairs { pairs, .. } => &pairs[..],
            _ => &[],
        };
        if pairs.is_empty() {
            let message = format!("{} requires at least one argument", self.keyword);
            return Err(self.complain(message, format!("write `{} <name>=<value>`", self.keyword)));
        }
        let blank = pairs.iter().find(|pair| pair.key.raw.is_empty());
        blank.map_or(Ok(()), |Pair { key, value }| {
            Err(self.blank_name(key.span.cover(value.span)))
        })
    }

    fn arg_names(&self) -> Checked {
        let Arguments::List(words) = self.arguments else {
            return Ok(());
        };
        let blank = words.iter().find(|word| word.raw.starts_with('='));
        blank.map_or(Ok(()), |word| Err(self.blank_name(word.span)))
    }

    fn blank_name(&self, span: Span) -> Complaint {
        let message = format!("{} names can not be blank", self.keyword);
        Complaint::new(span, message, "put a name before the `=`")
    }

    fn shell(&self) -> Checked {
        match self.arguments {
            Arguments::Exec(words) if !words.is_empty() => Ok(()),
            Arguments::Whole(_) => Err(self.complain(
                "SHELL requires the arguments to be in JSON form",
                "write `SHELL [\"executable\", \"parameter\"]`",
            )),
            _ => self.at_least_one(),
        }
    }

    fn volumes(&self) -> Checked {
        let blank = match self.arguments {
            Arguments::Exec(words) => words
                .iter()
                .find(|word| word.value.trim().is_empty())
                .map(|word| word.span),
            Arguments::List(words) => words
                .iter()
                .find(|word| word.raw.trim().is_empty())
                .map(|word| word.span),
            _ => None,
        };
        blank.map_or(Ok(()), |span| {
            let message = "VOLUME specified can not be an empty string";
            Err(Complaint::new(
                span,
                message,
                "name a path, or remove the empty string",
            ))
        })
    }

    fn onbuild(&self) -> Checked {
        let Arguments::Trigger(trigger) = self.arguments else {
            return Err(self.complain(
                "ONBUILD requires at least one argument",
                "name the instruction to run in images built on this one",
            ));
        };
        self.flags()?;
        let message = match keyword(self.line, trigger) {
            Keyword::Onbuild => "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned(),
            keyword @ (Keyword::Maintainer | Keyword::From) => {
                format!("{keyword} isn't allowed as an ONBUILD trigger")
            }
            _ => return Ok(()),
        };
        Err(Complaint::new(
            trigger.keyword,
            message,
            "use another instruction as the trigger",
        ))
    }

    fn healthcheck(&self) -> Checked {
        let Arguments::Health { kind, command } = self.arguments else {
            return Err(self.complain(
                "HEALTHCHECK requires at least one argument",
                "write `HEALTHCHECK CMD <command>` or `HEALTHCHECK NONE`",
            ));
        };
        let empty = match &**command {
            Arguments::None => true,
            Arguments::Exec(words) => words.is_empty(),
            _ => false,
        };
        match (kind.text(self.line).to_uppercase().as_str(), empty) {
            ("NONE", true) => Ok(()),
            ("NONE", false) => Err(self.complain(
                "HEALTHCHECK NONE takes no arguments",
                "remove what follows NONE, or write CMD",
            )),
            ("CMD", false) => {
                self.flags()?;
                flags::check_health_values(self.command)
            }
            ("CMD", true) => {
                self.flags()?;
                Err(self.complain(
                    "Missing command after HEALTHCHECK CMD",
                    "write the command that tells whether the container is healthy",
                ))
            }
            (other, _) => {
                self.flags()?;
                Err(Complaint::new(
                    *kind,
                    format!("Unknown type {other:?} in HEALTHCHECK (try CMD)"),
                    "put CMD before the command",
                ))
            }
        }
    }
}

/// Stage names are lower-cased and then have to match `[a-z][a-z0-9-_.]*`.
fn check_stage_name(name: &Word) -> Checked {
    let lower = name.raw.to_lowercase();
    let rest = lower.strip_prefix(|c: char| c.is_ascii_lowercase());
    let is_valid = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
    if rest.is_some_and(|rest| rest.chars().all(is_valid)) {
        return Ok(());
    }
    Err(Complaint::new(
        name.span,
        format!(
            "invalid name for build stage: {:?}, name can't start with a number or contain symbols",
            name.raw
        ),
        "use letters, digits, `-`, `_` and `.`, and start with a letter",
    ))
}

//! Typed views: what an instruction says.

use super::arguments::{Arguments, Pair, read_arguments};
use super::command::{Command, Flag, split_command};
use super::exec::ExecWord;
use super::faults::Fault;
use super::keyword::Keyword;
use super::logical::Logical;
use super::span::Span;
use super::validate;
use super::words::Word;

/// One instruction, read. Every span in it is logical: [`Logical::source`] leads to the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View<'s> {
    /// The joined line. The trigger of an `ONBUILD` shares the line of the `ONBUILD`.
    pub logical: Logical<'s>,
    /// What it is.
    pub keyword: Keyword,
    /// Where the keyword stands.
    pub keyword_span: Span,
    /// The flags between keyword and arguments.
    pub flags: Vec<Flag>,
    /// The arguments behind keyword and flags, trimmed.
    pub body: Span,
    /// What it says.
    pub kind: Kind<'s>,
}

impl View<'_> {
    /// The first flag of this name (without dashes).
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// The images and stages whose files it takes or mounts: `COPY --from=…`, `RUN --mount=from=…`.
    pub fn taken_from(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().filter_map(|flag| {
            let value = flag.value.as_deref()?;
            match flag.name.as_str() {
                "from" => Some(value),
                "mount" => value.split(',').find_map(|part| part.strip_prefix("from=")),
                _ => None,
            }
        })
    }

    /// Where one more flag can stand, in the logical line: in front of the `--` that ends the flags, or else of the
    /// arguments.
    #[must_use]
    pub fn end_of_flags(&self) -> usize {
        let last = self.flags.last().map(|flag| flag.span);
        let behind = last.unwrap_or(self.keyword_span).end;
        let between = Span::new(behind, self.body.start);
        let dashes = self.text(between).find("--");
        dashes.map_or(self.body.start, |at| behind + at)
    }

    /// The text of a span in this view.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        span.text(&self.logical.text)
    }
}

/// What an instruction says, by keyword.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is the instruction of that name")]
pub enum Kind<'s> {
    From {
        image: Word,
        alias: Option<Word>,
        platform: Option<Word>,
    },
    Run {
        form: Form,
    },
    Cmd {
        form: Form,
    },
    Entrypoint {
        form: Form,
    },
    Shell {
        form: Form,
    },
    Copy(Transfer),
    Add(Transfer),
    Env {
        pairs: Vec<Pair>,
        legacy: bool,
    },
    Label {
        pairs: Vec<Pair>,
        legacy: bool,
    },
    Arg {
        args: Vec<ArgDecl>,
    },
    Expose {
        ports: Vec<Word>,
    },
    Volume {
        paths: Vec<Word>,
        exec: bool,
    },
    User(Word),
    Workdir(Word),
    Stopsignal(Word),
    Maintainer(Span),
    Healthcheck(Healthcheck),
    /// The trigger. It is [`Kind::Invalid`] when `BuildKit` could not run it.
    Onbuild {
        inner: Box<View<'s>>,
    },
    /// `BuildKit` would reject the instruction; leave it alone.
    Invalid,
}

impl Kind<'_> {
    /// Whether an instruction takes part in the build of its stage, and does not only say how containers start.
    #[must_use]
    pub fn takes_part_in_build(&self) -> bool {
        matches!(
            self,
            Self::Run { .. }
                | Self::Copy(_)
                | Self::Add(_)
                | Self::Env { .. }
                | Self::Arg { .. }
                | Self::User(_)
                | Self::Workdir(_)
                | Self::Shell { .. }
        )
    }
}

/// A command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// Text for the shell; may be empty for `RUN`, `CMD` and `ENTRYPOINT`.
    Shell(Span),
    /// The arguments of a program, run without a shell.
    Exec(Vec<ExecWord>),
}

/// What `COPY` and `ADD` copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// At least one. A here-document is the word of its marker.
    pub sources: Vec<Word>,
    /// Where they go.
    pub dest: Word,
    /// Whether the arguments are a JSON array. Then each word's span holds the quotes and its
    /// `raw` is the value.
    pub exec: bool,
}

/// One variable of an `ARG`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgDecl {
    /// Its name.
    pub name: Word,
    /// The default, quotes included.
    pub default: Option<Word>,
}

/// What a `HEALTHCHECK` asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Healthcheck {
    /// `HEALTHCHECK NONE`: the base image's check is off.
    None,
    /// `HEALTHCHECK CMD …`.
    Cmd {
        /// The command.
        form: Form,
    },
}

/// Reads the line of an instruction in a file with this escape character.
pub(super) fn read_view(logical: Logical<'_>, escape: char) -> (View<'_>, Option<Fault>) {
    let command = split_command(&logical.text, 0, escape);
    read_command(logical, command, escape)
}

fn read_command(logical: Logical<'_>, command: Command, escape: char) -> (View<'_>, Option<Fault>) {
    let line = &*logical.text;
    let keyword = Keyword::from_word(command.keyword.text(line));
    let (kind, fault) = match read_arguments(line, keyword, command.body, escape) {
        Ok(arguments) => match validate::complaint(line, &command, &arguments) {
            Some(complaint) => (Kind::Invalid, Some(Fault::OfReader(complaint))),
            None => (
                read_kind(&logical, keyword, &command, arguments, escape),
                None,
            ),
        },
        Err(complaint) => (Kind::Invalid, Some(Fault::OfParser(complaint))),
    };
    let Command {
        keyword: keyword_span,
        flags,
        body,
    } = command;
    let view = View {
        logical,
        keyword,
        keyword_span,
        flags,
        body,
        kind,
    };
    (view, fault)
}

/// What valid arguments say.
fn read_kind<'s>(
    logical: &Logical<'s>,
    keyword: Keyword,
    command: &Command,
    arguments: Arguments,
    escape: char,
) -> Kind<'s> {
    let line = &*logical.text;
    match (keyword, arguments) {
        (Keyword::Onbuild, Arguments::Trigger(trigger)) => Kind::Onbuild {
            inner: Box::new(read_command(logical.clone(), trigger, escape).0),
        },
        (Keyword::From, Arguments::List(words)) => from(command, words),
        (Keyword::Healthcheck, Arguments::Health { command, .. }) => {
            Kind::Healthcheck(match *command {
                Arguments::None => Healthcheck::None,
                command => Healthcheck::Cmd {
                    form: form(command, Span::default()),
                },
            })
        }
        (Keyword::Env, Arguments::Pairs { pairs, legacy }) => Kind::Env { pairs, legacy },
        (Keyword::Label, Arguments::Pairs { pairs, legacy }) => Kind::Label { pairs, legacy },
        (Keyword::Arg, Arguments::List(words)) => Kind::Arg {
            args: words.into_iter().map(|word| arg_decl(line, word)).collect(),
        },
        (Keyword::Expose, Arguments::List(ports)) => Kind::Expose { ports },
        (Keyword::Maintainer, Arguments::Whole(body)) => Kind::Maintainer(body),
        (Keyword::User, Arguments::Whole(body)) => Kind::User(Word::at(line, body)),
        (Keyword::Workdir, Arguments::Whole(body)) => Kind::Workdir(Word::at(line, body)),
        (Keyword::Stopsignal, Arguments::Whole(body)) => Kind::Stopsignal(Word::at(line, body)),
        (keyword, arguments) => listed_or_command(keyword, arguments, command.body),
    }
}

/// The instructions that take exec form.
fn listed_or_command<'s>(keyword: Keyword, arguments: Arguments, body: Span) -> Kind<'s> {
    match keyword {
        Keyword::Run => Kind::Run {
            form: form(arguments, body),
        },
        Keyword::Cmd => Kind::Cmd {
            form: form(arguments, body),
        },
        Keyword::Entrypoint => Kind::Entrypoint {
            form: form(arguments, body),
        },
        Keyword::Shell => Kind::Shell {
            form: form(arguments, body),
        },
        Keyword::Copy => transfer(arguments).map_or(Kind::Invalid, Kind::Copy),
        Keyword::Add => transfer(arguments).map_or(Kind::Invalid, Kind::Add),
        Keyword::Volume => {
            let (paths, exec) = list(arguments);
            Kind::Volume { paths, exec }
        }
        _ => Kind::Invalid,
    }
}

fn from<'s>(command: &Command, words: Vec<Word>) -> Kind<'s> {
    let platform = command.flags.iter().find(|flag| flag.name == "platform");
    let platform = platform.and_then(|flag| {
        Some(Word {
            span: flag.value_span?,
            raw: flag.value.clone()?,
        })
    });
    let mut words = words.into_iter();
    let Some(image) = words.next() else {
        return Kind::Invalid;
    };
    Kind::From {
        image,
        alias: words.nth(1),
        platform,
    }
}

fn arg_decl(line: &str, word: Word) -> ArgDecl {
    let Some(equals) = word.raw.find('=') else {
        return ArgDecl {
            name: word,
            default: None,
        };
    };
    let at = word.span.start + equals;
    ArgDecl {
        name: Word::at(line, Span::new(word.span.start, at)),
        default: Some(Word::at(line, Span::new(at + 1, word.span.end))),
    }
}

/// The command line; one without arguments is an empty shell form at `body`.
fn form(arguments: Arguments, body: Span) -> Form {
    match arguments {
        Arguments::Exec(words) => Form::Exec(words),
        Arguments::Whole(span) => Form::Shell(span),
        _ => Form::Shell(body),
    }
}

fn transfer(arguments: Arguments) -> Option<Transfer> {
    let (mut sources, exec) = list(arguments);
    let dest = sources.pop()?;
    Some(Transfer {
        sources,
        dest,
        exec,
    })
}

/// The words of a list, and whether it is in exec form.
fn list(arguments: Arguments) -> (Vec<Word>, bool) {
    match arguments {
        Arguments::List(words) => (words, false),
        Arguments::Exec(words) => {
            let word = |word: ExecWord| Word {
                span: word.span,
                raw: word.value,
            };
            (words.into_iter().map(word).collect(), true)
        }
        _ => (Vec::new(), false),
    }
}

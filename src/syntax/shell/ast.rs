//! What a script is made of. Every node holds byte spans into the script it was read from, and
//! nothing else of it.

use crate::syntax::Span;

/// A whole script, as [`parse`](super::parse) returns it.
///
/// All four lists beside `items` are in the order of the source. They hold what was met anywhere,
/// inside substitutions and here-documents as well; `items` holds the commands outside
/// substitutions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The commands of the script.
    pub items: Vec<Item>,
    /// The comments, from the `#` up to the end of the line.
    pub comments: Vec<Span>,
    /// The variables that are read, by name or by number.
    pub parameters: Vec<Parameter>,
    /// The command and process substitutions. One that encloses another comes first.
    pub substitutions: Vec<Substitution>,
    /// The here-documents.
    pub here_documents: Vec<HereDocument>,
}

/// One and-or list and what ends it: `a && b || c;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// From the first pipeline to the last, without the terminator.
    pub span: Span,
    /// The first pipeline.
    pub first: Pipeline,
    /// The pipelines after it, each with the operator before it and the place of that operator.
    pub rest: Vec<(Connector, Span, Pipeline)>,
    /// What ends the list, if anything but the end of what encloses it.
    pub terminator: Option<(Terminator, Span)>,
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// What ends an and-or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminator {
    /// `;`
    Semi,
    /// `&`
    Background,
    /// The end of the line.
    Newline,
}

/// Commands joined by `|` or `|&`; most often just one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// From the first `!` or `time`, or the first command, to the last command.
    pub span: Span,
    /// Whether the exit status is turned round, by an odd number of `!`.
    pub negated: bool,
    /// Whether bash's `time` stands before it. To `sh` that is a command, `time`, with the pipeline
    /// as its words.
    pub timed: bool,
    /// The commands; at least one.
    pub commands: Vec<Command>,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `A=b apt-get update >log`
    Simple(Simple),
    /// `( )`, `{ }`, `if`, `for` and the like.
    Compound(Box<Compound>),
    /// `name() { }`
    Function(Box<Function>),
}

/// Assignments, words and redirections; at least one of them.
///
/// `export`, `local` and the like are ordinary commands here: their assignments are words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// From the first of its parts to the last.
    pub span: Span,
    /// The assignments before the first word.
    pub assignments: Vec<Assignment>,
    /// The name of the command and its arguments.
    pub words: Vec<Word>,
    /// The redirections, wherever they stand.
    pub redirects: Vec<Redirect>,
}

/// `name=value`, `name+=value`, `name[subscript]=value` or `name=(value ...)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// All of it.
    pub span: Span,
    /// The name that is assigned to.
    pub name: Span,
    /// What stands between `[` and `]`.
    pub subscript: Option<Span>,
    /// Whether it is `+=`.
    pub append: bool,
    /// Whether the value is an array: the value then runs from `(` to `)`.
    pub array: bool,
    /// The value; empty in `name=`.
    pub value: Word,
}

/// One redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// From the file descriptor or the operator to the target.
    pub span: Span,
    /// The operator.
    pub operator: RedirectOperator,
    /// The number, or the `{name}`, directly before the operator.
    pub descriptor: Option<Span>,
    /// The word after the operator; of a here-document, its delimiter.
    pub target: Word,
    /// Of a here-document, its place in [`Script::here_documents`].
    pub here_document: Option<usize>,
}

/// The operator of a redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectOperator {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>|`
    Clobber,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `&>`, of bash. To `sh` that is `&` and then `>`.
    WriteAll,
    /// `&>>`, of bash. To `sh` that is `&` and then `>>`.
    AppendAll,
    /// `<<`
    HereDocument,
    /// `<<-`
    HereDocumentTabs,
    /// `<<<`, of bash.
    HereString,
}

/// The body of a here-document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HereDocument {
    /// The delimiter as it is written after the operator.
    pub delimiter: Word,
    /// Whether variables and substitutions in the body are expanded: no part of the delimiter is
    /// quoted.
    pub expands: bool,
    /// Whether tabs at the start of the lines are removed: the operator is `<<-`.
    pub tabs: bool,
    /// The lines before the delimiter, with their ends.
    pub body: Span,
}

/// A command that holds other commands, or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// From the first word or parenthesis to the last redirection.
    pub span: Span,
    /// Which one.
    pub kind: CompoundKind,
    /// The variable of `for` and `select`.
    pub variable: Option<Span>,
    /// The words outside the bodies, in the order of the source: the values of `for` and `select`,
    /// the subject and the patterns of `case`, the operands of `[[ ]]`.
    pub words: Vec<Word>,
    /// Every list inside, in the order of the source. Of `if`: a condition and a list for each
    /// branch, then the list of `else` if there is one. Of `while` and `until`: the condition, the
    /// list. Of `case`: one for each clause, which may be empty; no other may.
    pub bodies: Vec<Vec<Item>>,
    /// The redirections after it.
    pub redirects: Vec<Redirect>,
}

/// The kinds of compound command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompoundKind {
    /// `( list )`
    Subshell,
    /// `{ list }`
    Group,
    /// `if list then list fi`
    If,
    /// `for name in words do list done`
    For,
    /// `for (( ; ; )) do list done`
    ArithmeticFor,
    /// `while list do list done`
    While,
    /// `until list do list done`
    Until,
    /// `case word in pattern) list ;; esac`
    Case,
    /// `select name in words do list done`
    Select,
    /// `[[ expression ]]`
    Test,
    /// `(( expression ))`
    Arithmetic,
    /// `coproc command`: the command is the only one of the only body.
    Coprocess,
}

/// The definition of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// From the name, or `function`, to the end of the body.
    pub span: Span,
    /// The name.
    pub name: Word,
    /// The body: a compound command, or to `dash` any command.
    pub body: Command,
}

/// A word: characters, quotes and expansions with no blank between them. Never empty but as the
/// value of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The whole word, with its quotes.
    pub span: Span,
}

/// A part of a word; [`Word::parts`] has them all, with no gap between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
}

/// The kinds of parts of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Characters that stand for themselves; outside quotes they may still be a pattern, a `~` or a
    /// brace expansion.
    Literal,
    /// A backslash and a character that stands for itself; before the end of a line, both vanish.
    Escaped,
    /// `'text'`
    SingleQuoted,
    /// `$'text'`, of bash. To `sh` that is a `$` and then `'text'`.
    AnsiQuoted,
    /// `"text"`: [`Part::parts`] has what is inside.
    DoubleQuoted,
    /// `$"text"`, of bash, translated text: [`Part::parts`] has what is inside.
    Translated,
    /// `$name`, `${name}` and the like.
    Parameter(Parameter),
    /// `$(list)` or `` `list` ``
    CommandSubstitution,
    /// `$((expression))`
    Arithmetic,
    /// `<(list)` or `>(list)`, of bash.
    ProcessSubstitution,
    /// What could not be read: the script given is not the one that the word is of.
    Unknown,
}

/// A variable that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// All of it: `${name:-word}`.
    pub span: Span,
    /// The name, the number or the special character; empty in `${}`.
    pub name: Span,
    /// What stands before the name inside braces: `#` for its length, `!` for indirection; else
    /// empty.
    pub prefix: Span,
    /// What stands after the name inside braces, such as `:-word`, `%%.*` or `[0]`; else empty.
    pub operation: Span,
}

/// A command or process substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// All of it, from the `$`, the `` ` ``, the `<` or the `>`.
    pub span: Span,
    /// The commands inside. `None` where they cannot be read in place: between `` ` `` with a
    /// backslash, which has to be removed first, or with an error, which bash only reports when it
    /// runs them.
    pub items: Option<Vec<Item>>,
}

impl Command {
    /// The whole command, with its redirections.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Simple(simple) => simple.span,
            Self::Compound(compound) => compound.span,
            Self::Function(function) => function.span,
        }
    }
}

impl RedirectOperator {
    /// Whether it makes one file descriptor stand for another: `<&` or `>&`.
    #[must_use]
    pub fn duplicates(self) -> bool {
        matches!(self, Self::DuplicateInput | Self::DuplicateOutput)
    }
}

impl Parameter {
    /// Whether it is the value of the variable and nothing else: `$name` or `${name}`.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.prefix.is_empty() && self.operation.is_empty()
    }
}

impl From<Command> for Item {
    /// The command as a list of its own.
    fn from(command: Command) -> Self {
        let span = command.span();
        let first = Pipeline {
            span,
            negated: false,
            timed: false,
            commands: vec![command],
        };
        Self {
            span,
            first,
            rest: Vec::new(),
            terminator: None,
        }
    }
}

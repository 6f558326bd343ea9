//! What `BuildKit` rejects, gathered while a file is read.

use super::MAX_ERRORS;
use super::error::{Complaint, SyntaxError};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::logical::Logical;
use super::span::Span;

/// What `BuildKit` rejects about a line.
pub(super) enum Fault {
    /// Its line parser does.
    OfParser(Complaint),
    /// Its instruction reader does, which never sees what the parser rejects.
    OfReader(Complaint),
}

/// What `BuildKit` rejects in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// What its line parser does.
    pub(super) of_parser: Vec<SyntaxError>,
    /// What its instruction reader does.
    pub(super) of_reader: Vec<SyntaxError>,
    stage: Stage,
}

impl Faults {
    /// Those that are known before an instruction is read.
    pub(super) fn new(of_parser: Vec<SyntaxError>) -> Self {
        Self {
            of_parser,
            ..Self::default()
        }
    }

    /// Notes what is wrong with the next instruction, which has this line.
    pub(super) fn note(
        &mut self,
        instruction: &Instruction,
        logical: &Logical<'_>,
        fault: Option<Fault>,
    ) {
        match fault {
            Some(Fault::OfParser(complaint)) => {
                add(&mut self.of_parser, complaint.locate(logical));
                return;
            }
            Some(Fault::OfReader(complaint)) => {
                add(&mut self.of_reader, complaint.locate(logical));
            }
            None => {}
        }
        if self.stage.lacks_from(instruction.keyword) {
            let error = SyntaxError {
                span: instruction.keyword_span,
                message: "no build stage in current context".to_owned(),
                advice: "put a `FROM` above it".to_owned(),
            };
            add(&mut self.of_reader, error);
        }
    }

    /// All of them in source order, when every instruction of `text`, of which it may have none, is noted.
    pub(super) fn of_file(mut self, text: &str, has_none: bool) -> Self {
        if has_none {
            self.of_parser.push(SyntaxError {
                span: Span::at(text.len()),
                message: "file with no instructions".to_owned(),
                advice: "start with `FROM <image>`".to_owned(),
            });
        }
        self.of_parser.sort_by_key(|error| error.span.start);
        self
    }
}

fn add(errors: &mut Vec<SyntaxError>, error: SyntaxError) {
    if errors.len() < MAX_ERRORS {
        errors.push(error);
    }
}

/// Where a build stage stands.
#[derive(Clone, Debug, Default)]
enum Stage {
    #[default]
    Before,
    /// Before, with the complaint made: one is enough.
    Missed,
    Open,
}

impl Stage {
    /// Notes the next instruction; says whether it is the first that stands outside any stage.
    fn lacks_from(&mut self, keyword: Keyword) -> bool {
        match (&self, keyword) {
            (_, Keyword::From) => *self = Self::Open,
            (Self::Before, Keyword::Arg) | (Self::Missed | Self::Open, _) => {}
            (Self::Before, _) => {
                *self = Self::Missed;
                return true;
            }
        }
        false
    }
}

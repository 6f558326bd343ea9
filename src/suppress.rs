//! Comments that tell dfopt to leave something alone.
//!
//! | comment | means |
//! |---|---|
//! | `# dfopt: ignore` | directly above an instruction: no transform changes it |
//! | `# dfopt: ignore=merge-apt,reorder-copies` | these do not |
//! | `# dfopt: ignore-file` | above the first instruction: the file stays as it is |

use crate::syntax::{Dockerfile, Span};
use crate::transform::Rewrite;

/// What the comments of a file ask for.
#[derive(Debug, Default)]
pub struct Suppressions {
    whole_file: bool,
    instructions: Vec<(Span, Scope)>,
}

/// The transforms that a comment is about.
#[derive(Debug)]
enum Scope {
    All,
    Only(Vec<String>),
}

impl Suppressions {
    /// Reads the comments of `file`.
    #[must_use]
    pub fn read(file: &Dockerfile<'_>) -> Self {
        let mut found = Self::default();
        let first = file
            .instructions()
            .first()
            .map_or(0, |first| first.full.start);
        let head = file.text()[..first].lines();
        found.whole_file = head
            .filter_map(request)
            .any(|request| request == "ignore-file");
        for (index, instruction) in file.instructions().iter().enumerate() {
            let Some(comments) = file.leading_comments(index) else {
                continue;
            };
            let scopes = comments
                .text(file.text())
                .lines()
                .filter_map(request)
                .filter_map(scope);
            found
                .instructions
                .extend(scopes.map(|scope| (instruction.span, scope)));
        }
        found
    }

    /// Whether the whole file is to be left alone.
    #[must_use]
    pub fn cover_file(&self) -> bool {
        self.whole_file
    }

    /// The instruction that `rewrite` of the transform `id` would change although a comment forbids it.
    #[must_use]
    pub fn forbids(&self, id: &str, rewrite: &Rewrite) -> Option<Span> {
        let mut about = self
            .instructions
            .iter()
            .filter(|(_, scope)| scope.holds(id))
            .map(|(span, _)| *span);
        let meets = |span: &Span, other: Span| other.start <= span.end && span.start <= other.end;
        about.find(|span| {
            let mut edits = rewrite.edits.iter();
            // One that only adds to other files does so because of the instruction that it is about.
            let is_because = rewrite.edits.is_empty() && meets(span, rewrite.site);
            is_because || edits.any(|edit| meets(span, edit.span))
        })
    }
}

impl Scope {
    fn holds(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.iter().any(|known| known == id),
        }
    }
}

/// What a comment line asks of dfopt: the word behind `# dfopt:`.
fn request(line: &str) -> Option<&str> {
    line.trim()
        .strip_prefix('#')?
        .trim_start()
        .strip_prefix("dfopt:")?
        .split_whitespace()
        .next()
}

fn scope(request: &str) -> Option<Scope> {
    match request.strip_prefix("ignore")? {
        "" => Some(Scope::All),
        ids => {
            let ids = ids
                .strip_prefix('=')?
                .split(',')
                .map(|id| id.trim().to_owned());
            Some(Scope::Only(ids.collect()))
        }
    }
}

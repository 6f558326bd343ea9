//! What the files of a project say of the version of their language.

use crate::context::BuildContext;
use crate::knowledge::versions::{Stated, Versions};
use crate::transform::Place;

/// A line that states a version.
pub(super) struct Statement {
    /// The version as it stands there.
    pub(super) version: String,
    /// The file, from the root of the build context.
    pub(super) file: String,
    /// The line, from 1.
    line: usize,
}

impl Statement {
    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        Place::File(self.file.clone(), Some(self.line))
    }
}

/// All statements, in the order of the table.
pub(super) fn statements(context: &BuildContext, versions: &Versions) -> Vec<Statement> {
    let stated = versions.stated.iter();
    stated
        .flat_map(|stated| in_files(context, stated))
        .collect()
}

fn in_files(context: &BuildContext, stated: &Stated) -> Vec<Statement> {
    let Some(pattern) = &stated.line else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for file in files(context, &stated.file) {
        let text = context.read_hidden(&file).unwrap_or_default();
        for (nth, line) in text.lines().enumerate() {
            let version = pattern.captures(line).and_then(|captures| captures.get(1));
            found.extend(version.map(|version| Statement {
                version: version.as_str().to_owned(),
                file: file.clone(),
                line: nth + 1,
            }));
        }
    }
    found
}

/// The files that a pattern names.
fn files(context: &BuildContext, pattern: &str) -> Vec<String> {
    if pattern.contains('*') {
        context.glob(pattern)
    } else {
        vec![pattern.to_owned()]
    }
}

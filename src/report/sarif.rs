//! SARIF 2.1.0, the interchange format of static analysis tools.
//!
//! Each rewrite is a result. Its fix makes this rewrite and those before it, of the file as it was read: that is what has
//! been verified, and a later rewrite may need an earlier one.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::changes::changes;
use super::finding::{ERROR_RULE, Finding, Level, Range, findings};
use super::{Detail, FileReport, Reporter, Totals};
use crate::transforms;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sarif {
    /// Refusals are written in full detail only.
    pub detail: Detail,
}

impl Reporter for Sarif {
    fn start(&self, out: &mut dyn Write) -> io::Result<()> {
        let tool = json!({ "driver": {
            "name": "dfopt",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules(),
        }});
        write!(
            out,
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{tool},"
        )?;
        writeln!(out, "\"columnKind\":\"unicodeCodePoints\",\"results\":[")
    }

    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        for (nth, finding) in findings(report, self.detail).iter().enumerate() {
            if nth > 0 {
                out.write_all(self.separator().as_bytes())?;
            }
            // The rewrites come first, in the order in which they were made.
            let fix = finding.safety.and_then(|_| fix(report, nth + 1));
            serde_json::to_writer(&mut *out, &Entry::new(&report.path, finding, fix))?;
        }
        Ok(())
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn finish(&self, out: &mut dyn Write, _totals: &Totals) -> io::Result<()> {
        out.write_all(b"\n]}]}\n")
    }
}

/// The transforms, and what is said of files that cannot be read.
fn rules() -> Vec<Value> {
    let transforms = transforms::ALL.iter().map(|transform| {
        let info = transform.info();
        json!({
            "id": info.id,
            "shortDescription": { "text": info.title },
            "help": { "text": info.title, "markdown": info.doc },
        })
    });
    let error = json!({
        "id": ERROR_RULE,
        "shortDescription": { "text": "the file cannot be read, written or built" },
    });
    transforms.chain([error]).collect()
}

/// A result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    rule_id: &'a str,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Value>,
}

impl<'a> Entry<'a> {
    fn new(path: &str, finding: &'a Finding, fix: Option<Value>) -> Self {
        let mut place = json!({ "artifactLocation": artifact(path) });
        if let Some(range) = finding.range {
            place["region"] = region(range);
        }
        let properties = |safety| json!({ "safety": safety, "assumptions": finding.assumptions });
        Self {
            rule_id: &finding.rule,
            level: match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            },
            message: json!({ "text": finding.full_message() }),
            locations: [json!({ "physicalLocation": place })],
            fixes: fix.map(|fix| [fix]),
            properties: finding.safety.map(properties),
        }
    }
}

/// What makes the first `made` rewrites; `None` when it would print what is hidden.
fn fix(report: &FileReport, made: usize) -> Option<Value> {
    let after = report.text_after(made);
    let hidden = report.hidden();
    let mut changed = changes(&report.source, after).into_iter();
    if changed.any(|change| hidden.is_in(&change.text)) {
        return None;
    }
    let replacements = changes(&report.source, after).into_iter().map(|change| {
        let deleted = region(Range::new(&report.source, change.span));
        json!({ "deletedRegion": deleted, "insertedContent": { "text": change.text } })
    });
    let replacements: Vec<Value> = replacements.collect();
    let description = match made {
        1 => "Make this rewrite".to_owned(),
        _ => format!("Make this rewrite and the {} before it", made - 1),
    };
    Some(json!({
        "description": { "text": description },
        "artifactChanges": [{
            "artifactLocation": artifact(&report.path),
            "replacements": replacements,
        }],
    }))
}

fn region(range: Range) -> Value {
    let Range { start, end } = range;
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri(path) })
}

/// `path` as a reference in the sense of RFC 3986: bytes that mean something else there, or nothing, are escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("a b/größe:1"), "a%20b/gr%C3%B6%C3%9Fe%3A1");
    }
}

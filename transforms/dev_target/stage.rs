//! The stage: what comes before the install and the install itself, copied, and the command.

use std::ops::RangeInclusive;

use crate::knowledge::development::Language;
use crate::syntax::Kind;
use crate::transform::Rewrite;

use super::super::style;
use super::{Install, NAME, Site};

impl Site<'_, '_> {
    /// Writes the stage in front of the one that is shipped, which stays the last. Returns the variables of that
    /// one, each instruction on one line.
    pub(super) fn write_stage(
        &self,
        language: &Language,
        install: &Install<'_, '_>,
        command: &[String],
        rewrite: &mut Rewrite,
    ) -> Vec<String> {
        let cx = self.cx;
        let at = cx.facts.block(self.last.from).start;
        let newline = style::newline(cx.file, at);
        let keyword = |word| style::keyword(cx.file, self.last.from, word);
        let Some(stage) = cx.facts.stage_of(install.index) else {
            return Vec::new();
        };
        let mut lines = vec![self.from(stage.from)];
        let body = stage.body.start..=install.index;
        let kept = body
            .clone()
            .filter(|at| cx.facts.views[*at].kind.takes_part_in_build());
        lines.extend(kept.map(|at| cx.facts.source_text(at).to_owned()));
        let settings = self.settings(language, body, &lines);
        lines.extend(settings.iter().map(|setting| setting.0.clone()));
        let words: Vec<String> = command
            .iter()
            .map(|word| serde_json::json!(word).to_string())
            .collect();
        lines.push(format!("{} [{}]", keyword("CMD"), words.join(", ")));
        rewrite
            .edits
            .insert(at, lines.join(newline) + newline + newline);
        settings.into_iter().map(|setting| setting.1).collect()
    }

    /// The variables of the shipped stage that are not set in `body`, whose `lines` are written already: as they
    /// are written, and on one line each.
    fn settings(
        &self,
        language: &Language,
        body: RangeInclusive<usize>,
        lines: &[String],
    ) -> Vec<(String, String)> {
        let facts = self.cx.facts;
        let own = self.last.body.clone().filter(|at| !body.contains(at));
        let own = own.filter(|at| is_setting(&facts.views[*at].kind, language));
        let own = own.map(|at| {
            let line = facts.views[at].logical.text.trim();
            (facts.source_text(at).to_owned(), line.to_owned())
        });
        let mut settings: Vec<(String, String)> =
            own.filter(|(text, _)| !lines.contains(text)).collect();
        if let Some(name) = &language.production
            && facts.state_after(self.last).value(name).as_deref() == Some("production")
        {
            let keyword = style::keyword(self.cx.file, self.last.from, "ENV");
            let line = format!("{keyword} {name}=development");
            settings.push((line.clone(), line));
        }
        settings
    }

    /// The `FROM` at `index` under the new name.
    fn from(&self, index: usize) -> String {
        let view = &self.cx.facts.views[index];
        let Kind::From { image, .. } = &view.kind else {
            return String::new();
        };
        let written = view.text(view.keyword_span);
        let flags: String = view
            .flags
            .iter()
            .map(|flag| format!("{} ", view.text(flag.span)))
            .collect();
        let keyword = style::keyword(self.cx.file, index, "AS");
        format!("{written} {flags}{} {keyword} {NAME}", image.raw)
    }
}

/// Whether an instruction sets variables, and not only the one that development has another value of.
fn is_setting(kind: &Kind<'_>, language: &Language) -> bool {
    match kind {
        Kind::Arg { .. } => true,
        Kind::Env { pairs, .. } => pairs
            .iter()
            .any(|pair| Some(&pair.key.raw) != language.production.as_ref()),
        _ => false,
    }
}

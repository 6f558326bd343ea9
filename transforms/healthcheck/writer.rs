//! The `HEALTHCHECK` itself.

use crate::syntax::Kind;
use crate::transform::Rewrite;

use super::super::style;
use super::Site;

impl Site<'_, '_> {
    /// Writes it in front of what starts the program, or at the end of a stage that starts what another one says.
    pub(super) fn write(&self, command: &[String], start_period: u32, rewrite: &mut Rewrite) {
        let cx = self.cx;
        let place = self.place.unwrap_or(self.stage.from);
        let at = match self.place {
            Some(place) => cx.facts.block(place).start,
            None => {
                cx.file.instructions()[self.stage.body.end.saturating_sub(1).max(self.stage.from)]
                    .full
                    .end
            }
        };
        let newline = style::newline(cx.file, at);
        let keyword = |word| style::keyword(cx.file, place, word);
        let words: Vec<String> = command
            .iter()
            .map(|word| serde_json::json!(word).to_string())
            .collect();
        let line = format!(
            "{} --interval=30s --timeout=5s --start-period={start_period}s {}{newline}    {} [{}]",
            keyword("HEALTHCHECK"),
            cx.file.escape(),
            keyword("CMD"),
            words.join(", ")
        );
        let is_ended = at == 0 || cx.file.text()[..at].ends_with('\n');
        let lines = if is_ended {
            line + newline
        } else {
            newline.to_owned() + &line
        };
        rewrite.edits.insert(at, lines);
        let ports = self
            .stage
            .body
            .clone()
            .filter(|at| matches!(cx.facts.views[*at].kind, Kind::Expose { .. }));
        for port in ports {
            rewrite.evidence(cx.file.instructions()[port].span, "names the port");
        }
    }
}

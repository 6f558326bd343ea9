//! A command that gives folders away with all that is in them.

use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::syntax::Span;
use crate::transform::Cx;

/// `chown -R OWNER FOLDER…`
pub(super) struct Request<'c> {
    /// The `RUN`.
    pub(super) index: usize,
    /// The stage that it belongs to.
    pub(super) stage: &'c Stage,
    /// Which command of the `RUN` it is.
    pub(super) nth: usize,
    /// The command in the logical line.
    pub(super) span: Span,
    /// The owner as written.
    pub(super) written: String,
    /// The same for `COPY --chown`, which gives files to the group of the user where it names none.
    pub(super) owner: String,
    /// The folders: as written, and where they are.
    pub(super) folders: Vec<(String, String)>,
}

impl Request<'_> {
    /// The command.
    pub(super) fn written<'c>(&self, cx: &'c Cx<'_>) -> &'c str {
        let view = &cx.facts.views[self.index];
        self.span.text(&view.logical.text)
    }

    /// The accounts that are called by their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let parts = self.written.split(':');
        parts.filter(|part| !part.chars().all(|c| c.is_ascii_digit()) && *part != "root")
    }
}

/// Those of instruction `index`.
pub(super) fn all<'c>(cx: &'c Cx<'_>, stage: &'c Stage, index: usize) -> Vec<Request<'c>> {
    let is_root = cx.facts.states[index].is_root() == Some(true);
    let run = cx.facts.runs[index].as_ref().filter(|_| is_root);
    let steps = run.and_then(|run| run.and_list()).unwrap_or_default();
    let steps = steps.iter().enumerate();
    steps
        .filter_map(|(nth, step)| read(cx, stage, index, nth, step))
        .collect()
}

fn read<'c>(
    cx: &'c Cx<'_>,
    stage: &'c Stage,
    index: usize,
    nth: usize,
    step: &Step<'_>,
) -> Option<Request<'c>> {
    let invocation = step.invocation.as_ref()?;
    let is_chown = step.args.first()?.known() == "chown";
    let is_recursive =
        |name: &str| name == "--recursive" || name.starts_with("-R") || name == "-vR";
    let mut options = invocation.options.iter().map(|option| &*option.name);
    let follows_links = options.clone().any(|name| matches!(name, "-L" | "-H"));
    let view = &cx.facts.views[index];
    let is_whole = !view.logical.crosses_seam(step.span);
    if !is_chown
        || !options.any(is_recursive)
        || follows_links
        || step.redirected
        || !step.assigns.is_empty()
        || !is_whole
    {
        return None;
    }
    let mut operands = invocation.operands.iter().map(|&at| &step.args[at]);
    let written = view.text(operands.next()?.span);
    let owner = owner(written)?;
    let cwd = step.cwd.as_deref()?;
    let folder = |arg: &crate::analysis::commands::Arg| {
        let is_plain = !arg.glob && arg.text.is_some();
        let path = join(cwd, arg.known());
        is_plain.then(|| (view.text(arg.span).to_owned(), path))
    };
    let folders: Option<Vec<_>> = operands.map(folder).collect();
    Some(Request {
        index,
        stage,
        nth,
        span: step.span,
        written: written.to_owned(),
        owner,
        folders: folders.filter(|folders| !folders.is_empty())?,
    })
}

/// `written` as `COPY --chown` has to say it: `chown` leaves the group alone where none is named, which is that of root.
fn owner(written: &str) -> Option<String> {
    let is_name = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !part.is_empty() && part.chars().all(is_plain)
    };
    // What a copy brings is root's anyway.
    if matches!(written.split(':').next(), Some("root" | "0")) {
        return None;
    }
    match written.split_once(':') {
        Some((user, group)) => (is_name(user) && is_name(group)).then(|| written.to_owned()),
        None => {
            let group = if written.chars().all(|c| c.is_ascii_digit()) {
                "0"
            } else {
                "root"
            };
            is_name(written).then(|| format!("{written}:{group}"))
        }
    }
}

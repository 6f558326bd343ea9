//! What has to come before the copies, so that they know the account.

use crate::analysis::paths::{Region, file_name, join};
use crate::analysis::runs::{Run, Step};
use crate::analysis::sources;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

use super::super::style;
use super::request::Request;
use super::survey::Survey;

/// What is done.
pub(super) struct Settled {
    pub(super) survey: Survey,
    /// The `RUN`s that go in front of the first copy, in order.
    pub(super) moved: Vec<usize>,
    /// The commands of the `RUN` in question that go there, where it stays.
    pub(super) extracted: Vec<usize>,
    /// The copies of manifests that stay root's.
    pub(super) kept: Vec<usize>,
}

impl Settled {
    /// The instruction in front of which the moved ones go.
    pub(super) fn place(&self) -> usize {
        self.survey.copies[0]
    }

    /// Whether the `RUN` of the command goes there as well.
    pub(super) fn moves(&self, request: &Request<'_>) -> bool {
        self.moved.contains(&request.index)
    }
}

/// Settles where the accounts are made and the folders given away.
///
/// # Errors
/// When the account is only there behind a copy that would have to know it.
pub(super) fn settle(
    cx: &Cx<'_>,
    request: &Request<'_>,
    mut survey: Survey,
) -> Result<Settled, Refusal> {
    if let Some(filled) = survey.filled {
        refuse_joint(cx, request, &survey, filled)?;
        return Ok(Settled {
            survey,
            moved: Vec::new(),
            extracted: Vec::new(),
            kept: Vec::new(),
        });
    }
    let kept = leave_manifests(cx, request, &mut survey)?;
    let place = survey.copies[0];
    let moved: Vec<usize> = (place + 1..request.index)
        .filter(|&at| makes_account(cx, at))
        .collect();
    let can_move = keeps_state(cx, place, request.index);
    let steps = |at: usize| cx.facts.runs[at].as_deref().and_then(Run::and_list);
    let is_movable = |&at: &usize| {
        let steps = steps(at).unwrap_or_default();
        can_move && steps.iter().all(|step| only_makes_accounts(step, &survey))
    };
    if let Some(&first) = moved.iter().find(|at| !is_movable(at)) {
        return Err(refuse_late(cx, request, first));
    }
    let mut settled = Settled {
        survey,
        moved,
        extracted: Vec::new(),
        kept,
    };
    let makes_account = makes_account(cx, request.index);
    let has_comment = cx.file.leading_comments(request.index).is_some();
    if can_move && goes_first(cx, request, &settled) && (makes_account || !has_comment) {
        settled.moved.push(request.index);
    } else if makes_account {
        let steps = steps(request.index).unwrap_or_default();
        settled.extracted = (0..steps.len())
            .filter(|&nth| steps[nth].does() == Some(Does::AddUser))
            .collect();
        let is_first =
            |&nth: &usize| nth < request.nth && only_makes_accounts(&steps[nth], &settled.survey);
        let has_comments = cx.facts.source_text(request.index).contains('#');
        if !can_move || has_comments || !settled.extracted.iter().all(is_first) {
            return Err(refuse_late(cx, request, request.index));
        }
    }
    Ok(settled)
}

/// Whether the command can be put behind the last of the `RUN` that fills the folders.
fn refuse_joint(
    cx: &Cx<'_>,
    request: &Request<'_>,
    survey: &Survey,
    filled: usize,
) -> Result<(), Refusal> {
    let run = cx.facts.runs[filled].as_deref();
    let steps = run.and_then(Run::and_list).unwrap_or_default();
    let keeps_shell = |step: &Step<'_>| step.does() != Some(Does::ShellState);
    let is_plain = !steps.is_empty()
        && steps.iter().all(keeps_shell)
        && cx.facts.views[filled].flags.is_empty()
        && cx.facts.states[filled].is_root() == Some(true)
        && keeps_state(cx, filled, request.index)
        && request.folders.len() == survey.folders.len()
        && survey
            .folders
            .iter()
            .all(|path| survey.is_there(cx, request, filled, path));
    if !is_plain {
        let message = format!(
            "{}: it may put files there as well, and cannot give them away itself",
            style::title(cx, filled)
        );
        let instruction = |index: usize| cx.file.instructions()[index].span;
        return Err(
            Refusal::new(instruction(request.index), "other-files", message)
                .because(instruction(filled), "what stands in the way"),
        );
    }
    let later = filled + 1..=request.index;
    let late = later.clone().find(|&at| makes_account(cx, at));
    let late = late.or_else(|| {
        let mut later = later;
        later.find(|&at| minds_accounts(cx, at) && !is_known(cx, request))
    });
    match late.filter(|_| request.names().next().is_some()) {
        Some(late) => Err(refuse_late(cx, request, late)),
        None => Ok(()),
    }
}

/// Takes the copies of manifests out of `survey` that stand in front of an install, behind which the account is made.
fn leave_manifests(
    cx: &Cx<'_>,
    request: &Request<'_>,
    survey: &mut Survey,
) -> Result<Vec<usize>, Refusal> {
    let first = survey.copies[0];
    let last = (first..request.index)
        .rev()
        .find(|&at| minds_accounts(cx, at));
    let Some(last) = last.filter(|_| request.names().next().is_some()) else {
        return Ok(Vec::new());
    };
    let is_late = (first..=request.index).any(|at| makes_account(cx, at));
    if !is_late && is_known(cx, request) {
        return Ok(Vec::new());
    }
    let (early, late): (Vec<usize>, Vec<usize>) = survey.copies.iter().partition(|at| **at < last);
    let stay = early.iter().all(|&at| brings_manifests(cx, at, last));
    if late.is_empty() || !stay {
        return Err(refuse_late(cx, request, last));
    }
    survey.copies = late;
    for &at in &early {
        survey.add_folders_of(cx, at);
    }
    Ok(early)
}

fn refuse_late(cx: &Cx<'_>, request: &Request<'_>, at: usize) -> Refusal {
    let instruction = |index: usize| cx.file.instructions()[index].span;
    let message = format!(
        "{} comes behind a copy that would have to know the account {}; make the account first",
        style::title(cx, at),
        request.written
    );
    Refusal::new(instruction(request.index), "account-later", message)
        .because(instruction(at), "may make it")
}

/// Whether the image has the account, or an instruction makes one.
fn is_known(cx: &Cx<'_>, request: &Request<'_>) -> bool {
    let image = cx.facts.image(request.stage);
    let runs = cx.facts.runs[..request.index].iter().flatten();
    let steps = runs.flat_map(|run| &run.steps);
    let makers: Vec<&Step<'_>> = steps
        .filter(|step| step.does() == Some(Does::AddUser))
        .collect();
    let has = |name: &str| {
        let users = image.map_or(&[][..], |image| &image.users);
        let mut words = makers.iter().flat_map(|step| &step.args);
        users.iter().any(|user| user.name == name) || words.any(|word| word.known() == name)
    };
    request.names().all(has)
}

/// Whether a `RUN` makes accounts.
fn makes_account(cx: &Cx<'_>, at: usize) -> bool {
    let steps = cx.facts.runs[at].iter().flat_map(|run| &run.steps);
    let mut steps = steps.map(Step::does);
    steps.any(|does| does == Some(Does::AddUser))
}

/// Whether a `RUN` does more than to make accounts and handle files, and what it does may have to do with accounts.
fn minds_accounts(cx: &Cx<'_>, at: usize) -> bool {
    let accounts = Region::new("/etc/passwd");
    let Some(run) = &cx.facts.runs[at] else {
        return false;
    };
    let is_simple = |step: &Step<'_>| {
        let does = step.does();
        matches!(
            does,
            Some(Does::AddUser | Does::Nothing | Does::ShellState | Does::Files)
        )
    };
    let meets = run.effects.writes.meets(&accounts) || run.effects.reads.meets(&accounts);
    meets && !run.steps.iter().all(is_simple)
}

/// Whether a step does nothing but to make an account, with no home in one of the folders.
fn only_makes_accounts(step: &Step<'_>, survey: &Survey) -> bool {
    let does = step.does();
    let mut folders = survey.folders.iter().map(Region::new);
    !step.redirected
        && matches!(does, Some(Does::AddUser | Does::Nothing))
        && !folders.any(|folder| step.effects.writes.meets(&folder))
}

/// Whether the instructions from `first` to `last` leave the user, the folder and the variables as they are.
fn keeps_state(cx: &Cx<'_>, first: usize, last: usize) -> bool {
    let changes = |at: usize| {
        matches!(
            cx.facts.views[at].kind,
            Kind::User(_)
                | Kind::Workdir(_)
                | Kind::Shell { .. }
                | Kind::Env { .. }
                | Kind::Arg { .. }
        )
    };
    !(first..last).any(changes)
}

/// Whether the `RUN` of the command can go in front of the first copy: it makes accounts and gives folders away.
fn goes_first(cx: &Cx<'_>, request: &Request<'_>, settled: &Settled) -> bool {
    let run: Option<&Run<'_>> = cx.facts.runs[request.index].as_deref();
    let steps = run.and_then(Run::and_list).unwrap_or_default();
    let survey = &settled.survey;
    let mut steps = steps.iter().enumerate();
    let is_one =
        |(nth, step): (usize, &Step<'_>)| nth == request.nth || only_makes_accounts(step, survey);
    let is_whole = request.folders.len() == survey.folders.len();
    let mut made = survey.made.iter();
    is_whole && steps.all(is_one) && made.all(|(at, _)| *at < settled.place())
}

/// Whether the copy at `at` brings nothing but manifests that an install up to `last` reads.
fn brings_manifests(cx: &Cx<'_>, at: usize, last: usize) -> bool {
    let Kind::Copy(transfer) = &cx.facts.views[at].kind else {
        return false;
    };
    let steps = cx.facts.runs[at..=last].iter().flatten();
    let installs = steps.flat_map(|run| &run.steps);
    let installs: Vec<&Step<'_>> = installs
        .filter(|step| step.does() == Some(Does::InstallDependencies))
        .collect();
    let dest = cx.facts.destination(at, transfer);
    transfer.sources.iter().all(|source| {
        let name = file_name(&source.raw);
        let path = Region::new(join(&dest, name));
        let mut reads = installs.iter().map(|install| &install.effects.reads);
        sources::is_file(cx.facts, cx.knowledge, cx.context, &source.raw)
            && (reads.any(|reads| reads.meets(&path)))
    })
}

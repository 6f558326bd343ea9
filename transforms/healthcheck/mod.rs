//! A container that shows whether its server answers.
//!
//! ```dockerfile
//! EXPOSE 8000                                    HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
//! CMD ["uvicorn", "app:app", "--port", "8000"]       CMD ["python3", "-c", "…GET /health of 127.0.0.1:8000…"]
//! ```

mod checker;
mod port;
mod server;
mod writer;

use crate::analysis::launch::{self, Declared};
use crate::analysis::stages::{Os, Stage};
use crate::transform::{Change, Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};

use checker::Question;
use server::Found;

/// Adds a `HEALTHCHECK` for the server that the container starts.
pub struct Healthcheck;

static INFO: Info = Info {
    id: "healthcheck",
    title: "asks the server in the container whether it answers",
    doc: include_str!("README.md"),
    gain: Gain::Operation,
    runs: Runs::OnRequest {
        presets: &[Preset::All],
        because: "orchestrators such as Kubernetes have checks of their own",
    },
};

impl Transform for Healthcheck {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let last = cx.facts.final_stage();
        let plan = last.filter(|stage| stage.os == Os::Linux && !is_checked(cx, stage));
        plan.and_then(|stage| plan_stage(cx, stage))
            .into_iter()
            .collect()
    }
}

/// Whether `stage`, or one that it is built on, says whether it is checked.
fn is_checked(cx: &Cx<'_>, stage: &Stage) -> bool {
    let mut stages = cx.facts.ancestry(stage);
    stages.any(|stage| {
        let mut kinds = stage.body.clone().map(|at| &cx.facts.views[at].kind);
        kinds.any(|kind| matches!(kind, crate::syntax::Kind::Healthcheck(_)))
    })
}

/// `None` when the stage starts nothing, and is there for others to build on.
fn plan_stage(cx: &Cx<'_>, stage: &Stage) -> Option<Plan> {
    let declared = Declared::of_stage(cx.facts, stage);
    let start = declared.entrypoint.or(declared.cmd)?;
    let own = |at: &Option<usize>| at.filter(|at| stage.body.contains(at));
    let own = [own(&declared.entrypoint), own(&declared.cmd)]
        .into_iter()
        .flatten()
        .min();
    let site = Site {
        cx,
        stage,
        start,
        place: own,
    };
    Some(site.rewrite())
}

/// The stage that is checked.
struct Site<'s, 'a> {
    cx: &'s Cx<'a>,
    stage: &'s Stage,
    /// The instruction that starts the program.
    start: usize,
    /// The first of those in the stage itself.
    place: Option<usize>,
}

impl Site<'_, '_> {
    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.cx.file.instructions()[self.start].span, code, message)
    }

    fn rewrite(&self) -> Plan {
        let found = self.server()?;
        self.check_other_commands(&found)?;
        let port = self.port(&found)?;
        let path = self.path(&found);
        let checker = self.checker(path.as_ref())?;
        let question = Question {
            port: &port,
            path: path.as_ref().map(|(path, _)| path.as_str()),
        };
        let command = checker.command(&question);
        let asks = match question.path {
            Some(path) => format!("{path} of port {}", port.number),
            None => format!("port {}", port.number),
        };
        let site = self.cx.file.instructions()[self.start].span;
        let message = format!(
            "the container is healthy as long as {asks} answers, as {} sees it",
            checker.program()
        );
        let mut rewrite = Rewrite::new(site, message);
        rewrite.by_intent = true;
        rewrite.because.extend(found.because);
        rewrite.because.extend(port.because);
        rewrite.because.extend(path.map(|(_, because)| because));
        rewrite.because.push(checker.because());
        rewrite.assume("the server answers on 127.0.0.1, or on all addresses, without TLS");
        self.write(&command, found.server.start_period, &mut rewrite);
        rewrite.declares.push(Change::Healthcheck);
        Ok(rewrite)
    }

    /// A container that is started with another command would never be healthy.
    fn check_other_commands(&self, found: &Found<'_>) -> Result<(), Refusal> {
        let entrypoint = launch::entrypoint(self.cx.facts, self.stage);
        for used in self.cx.possible_uses(self.stage) {
            let line = used
                .container
                .as_ref()
                .and_then(|container| container.command_line(entrypoint.clone()));
            if line.is_some_and(|words| found.server.arguments(&words).is_none()) {
                let message = "a container of this image starts another program, which such a check would call unhealthy; give the check to the service";
                return Err(self
                    .refuse("other-command", message)
                    .because(self.cx.place_of(used), "starts it"));
            }
        }
        Ok(())
    }
}

//! Programs that are built with the image, not each time a container starts.
//!
//! ```dockerfile
//! CMD ["go", "run", "."]              RUN go build -o /usr/local/bin/shop .
//!                                     CMD ["/usr/local/bin/shop"]
//! ```

mod command;
mod guards;
mod program;

use crate::analysis::launch::{Declared, configured, form};
use crate::analysis::stages::{Os, Stage};
use crate::analysis::state::State;
use crate::syntax::{Form, Kind};
use crate::transform::{Change, Cx, Gain, Info, Place, Plan, Refusal, Rewrite, Runs, Transform};
use crate::transforms::style;

use command::Command;

/// Builds what `CMD` or `ENTRYPOINT` would build at each start, and starts what was built.
pub struct BuildAhead;

static INFO: Info = Info {
    id: "build-ahead",
    title: "builds the program with the image, not each time a container starts",
    doc: include_str!("README.md"),
    gain: Gain::Operation,
    runs: Runs::ByDefault,
};

impl Transform for BuildAhead {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let last = cx.facts.final_stage();
        let last = last.filter(|stage| stage.os == Os::Linux);
        last.and_then(|stage| plan_stage(cx, stage))
            .into_iter()
            .collect()
    }
}

/// What the final stage starts, when that builds first. A shell form is read by a shell that may do more; the command of
/// another stage is none of this one's.
fn plan_stage(cx: &Cx<'_>, stage: &Stage) -> Option<Plan> {
    let declared = Declared::of_stage(cx.facts, stage);
    let start = declared.entrypoint.or(declared.cmd)?;
    let Form::Exec(words) = form(&cx.facts.views[start])? else {
        return None;
    };
    let words: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
    let command = command::read(&cx.knowledge.tools, &words)?;
    let more = declared.entrypoint.and(declared.cmd);
    let more = more.and_then(|at| configured(cx.facts, at));
    let site = Site {
        cx,
        stage,
        start,
        state: cx.facts.state_after(stage),
    };
    Some(
        command
            .map_err(|message| site.refuse("not-understood", message))
            .and_then(|command| {
                site.check_arguments(&command, more)?;
                site.rewrite(&command)
            }),
    )
}

/// The stage whose program is built when it is started.
struct Site<'s, 'a> {
    cx: &'s Cx<'a>,
    stage: &'s Stage,
    /// The instruction that starts it.
    start: usize,
    /// The state in which it starts.
    state: State,
}

impl Site<'_, '_> {
    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.cx.file.instructions()[self.start].span, code, message)
    }

    /// The arguments of `CMD`, or of Compose in its place, stand behind those of `ENTRYPOINT`, where the command would still
    /// read options.
    fn check_arguments(
        &self,
        command: &Command<'_>,
        more: Option<Vec<String>>,
    ) -> Result<(), Refusal> {
        let is_entrypoint = matches!(
            self.cx.facts.views[self.start].kind,
            Kind::Entrypoint { .. }
        );
        let containers = self
            .cx
            .possible_uses(self.stage)
            .filter_map(|used| used.container.as_ref());
        let given = containers
            .filter(|_| is_entrypoint)
            .filter_map(|container| container.command.clone());
        if more
            .into_iter()
            .chain(given)
            .any(|words| command.would_read(&words))
        {
            let message = "the arguments of CMD would be those of the build as well; write them into ENTRYPOINT";
            return Err(self.refuse("not-understood", message));
        }
        Ok(())
    }

    fn rewrite(&self, command: &Command<'_>) -> Plan {
        if !self.stage.body.contains(&self.start) {
            let message = "another stage says what is started, and its containers build at their start as well; say it in this stage";
            return Err(self.refuse("inherited-start", message));
        }
        let project = self.project(command)?;
        let program = self.program(command, &project)?;
        self.check_containers(command, &project, &program.path)?;
        self.check_stamp(command, &project)?;
        self.check_sources(command, &project, program.built_by.is_ok())?;
        let instruction = &self.cx.file.instructions()[self.start];
        let message = format!(
            "`{}` builds at each start of a container: {} is built with the image",
            command.shown(),
            program.name()
        );
        let mut rewrite = Rewrite::new(instruction.span, message);
        rewrite.evidence(Place::File(project.file.clone(), None), "what is built");
        rewrite.assume(&*command.ahead.assumes);
        if program.is_other_profile {
            rewrite.assume("the program is meant to run as it was built, without the checks of a build for debugging");
        }
        match &program.built_by {
            Ok(at) => rewrite.evidence(self.cx.file.instructions()[*at].span, "builds it already"),
            Err(build) => self.add_build(build, &mut rewrite)?,
        }
        self.start_program(command.words_of(&program.path), &mut rewrite)?;
        Ok(rewrite)
    }

    /// Adds the step that runs `build`, in front of what only says how the image is used.
    fn add_build(&self, build: &str, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        if self.state.is_root() != Some(true) {
            let message = "the image may not end as root, and another user may not put the program anywhere; build it before USER";
            return Err(self.refuse("other-user", message));
        }
        if !self.state.shell.is_posix() {
            return Err(self.refuse(
                "other-shell",
                "SHELL is no POSIX shell; build the program in a RUN",
            ));
        }
        let at = self.cx.facts.block(self.place_of_build()).start;
        let newline = style::newline(self.cx.file, at);
        let keyword = style::keyword(self.cx.file, self.start, "RUN");
        let gap = match style::blank_above(self.cx.file.text(), at) {
            true => newline,
            false => "",
        };
        let step = format!("{keyword} {build}{newline}{gap}");
        rewrite.edits.insert(at, step);
        rewrite.declares.push(Change::Commands(build.to_owned()));
        rewrite.assume("the program can be built without what only a running container has, such as variables, a database, other services");
        Ok(())
    }

    /// Starts `words` in place of what was started.
    fn start_program(&self, words: Vec<String>, rewrite: &mut Rewrite) -> Result<(), Refusal> {
        let view = &self.cx.facts.views[self.start];
        if view.logical.crosses_comment(view.body) {
            let message = "a comment stands inside of the command: move it";
            return Err(self.refuse("comment-inside", message));
        }
        let json: Vec<String> = words
            .iter()
            .map(|word| serde_json::json!(word).to_string())
            .collect();
        let body = self.cx.facts.source(self.start, view.body);
        rewrite
            .edits
            .replace(body, format!("[{}]", json.join(", ")));
        let from = configured(self.cx.facts, self.start).unwrap_or_default();
        rewrite.declares.push(Change::Started { from, to: words });
        Ok(())
    }

    /// The first instruction behind all that a step may depend on.
    fn place_of_build(&self) -> usize {
        let views = &self.cx.facts.views;
        let body = self.stage.body.clone().rev();
        let behind = body.take_while(|at| !views[*at].kind.takes_part_in_build());
        let behind = behind.last();
        behind.unwrap_or(self.start)
    }
}

//! Variables that are secrets: an `ARG` stands in the history of the image, an `ENV` in its configuration.

use crate::analysis::stages::{Os, Stage};
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Plan, Refusal, Rewrite};

use super::super::frontend;
use super::super::shipped::is_shipped;
use super::{refuse, steps, writer};
use crate::transform::Change;

/// What there is to say of the secret variables of all stages.
pub(super) fn plans(cx: &Cx<'_>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for variable in variables(cx) {
        plans.extend(variable.plan());
    }
    plans
}

/// A variable of the stages that are built on one another, or one that is declared in front of all.
struct Variable<'s, 'a> {
    cx: &'s Cx<'a>,
    name: String,
    /// The first of the stages; `None` in front of all.
    origin: Option<usize>,
    declarations: Vec<Declaration>,
}

/// An `ARG` or `ENV` of the variable.
struct Declaration {
    index: usize,
    /// Which of the words of the instruction it is.
    nth: usize,
    value: Value,
    is_env: bool,
}

/// What a declaration says of the value.
#[derive(PartialEq)]
enum Value {
    /// Nothing, or that it is the one which the variable has.
    Given,
    /// One that is no secret.
    Placeholder,
    /// The value itself.
    Literal(String),
    /// It is made of another variable.
    Derived,
}

fn variables<'s, 'a>(cx: &'s Cx<'a>) -> Vec<Variable<'s, 'a>> {
    let mut variables: Vec<Variable<'_, '_>> = Vec::new();
    for index in 0..cx.facts.views.len() {
        let stage = cx.facts.stage_of(index);
        if stage.is_some_and(|stage| stage.os != Os::Linux) {
            continue;
        }
        let origin = stage.and_then(|stage| cx.facts.ancestry(stage).last());
        let origin = origin.map(|stage| stage.index);
        for (name, declaration) in declarations(cx, index) {
            let mut known = variables.iter_mut();
            match known.find(|known| known.name == name && known.origin == origin) {
                Some(known) => known.declarations.push(declaration),
                None => variables.push(Variable {
                    cx,
                    name,
                    origin,
                    declarations: vec![declaration],
                }),
            }
        }
    }
    variables
}

/// The secret variables that instruction `index` declares.
fn declarations(cx: &Cx<'_>, index: usize) -> Vec<(String, Declaration)> {
    let (is_env, pairs) = pairs(cx, index);
    let secrets = &cx.knowledge.secrets;
    let named = pairs.into_iter().enumerate();
    let named = named.filter(|(_, (name, ..))| secrets.is_secret(name));
    named
        .map(|(nth, (name, value, _))| {
            let value = value_of(cx, &name, &value);
            let declaration = Declaration {
                index,
                nth,
                value,
                is_env,
            };
            (name, declaration)
        })
        .collect()
}

/// The names, values and places of what instruction `index` declares, and whether it is an `ENV`.
fn pairs(cx: &Cx<'_>, index: usize) -> (bool, Vec<(String, String, Span)>) {
    match &cx.facts.views[index].kind {
        Kind::Arg { args } => {
            let pairs = args.iter().map(|arg| {
                let value = arg.default.as_ref();
                let span = value.map_or(arg.name.span, |value| arg.name.span.cover(value.span));
                let value = value.map_or_else(String::new, |value| value.raw.clone());
                (arg.name.raw.clone(), value, span)
            });
            (false, pairs.collect())
        }
        Kind::Env { pairs, .. } => {
            let pairs = pairs.iter().map(|pair| {
                let span = pair.key.span.cover(pair.value.span);
                (pair.key.raw.clone(), pair.value.raw.clone(), span)
            });
            (true, pairs.collect())
        }
        _ => (false, Vec::new()),
    }
}

fn value_of(cx: &Cx<'_>, name: &str, raw: &str) -> Value {
    let value = raw.trim_matches(['"', '\'']);
    let own = [
        format!("${name}"),
        format!("${{{name}}}"),
        format!("${{{name}:-}}"),
    ];
    if value.is_empty() || own.iter().any(|own| own == value) {
        Value::Given
    } else if value.contains('$') {
        Value::Derived
    } else if value.eq_ignore_ascii_case(name) || cx.knowledge.secrets.is_placeholder(value) {
        Value::Placeholder
    } else {
        Value::Literal(value.to_owned())
    }
}

impl Variable<'_, '_> {
    /// `None` when it is no secret, or a rewrite of another variable sees to it.
    fn plan(&self) -> Option<Plan> {
        if self.origin.is_none() {
            return self.plan_global();
        }
        let literals = self.literals();
        let all = |is_meant: fn(&Declaration) -> bool| self.declarations.iter().all(is_meant);
        let is_empty_env = all(|one| one.is_env && one.value == Value::Given);
        let is_placeholder = |one: &Declaration| one.value == Value::Placeholder;
        if is_empty_env || literals.is_empty() && self.declarations.iter().any(is_placeholder) {
            return None;
        }
        let plan = self.rewrite();
        Some(plan.map_err(|mut refusal| {
            refusal.hides = literals;
            refusal
        }))
    }

    /// One in front of all stages is of no use to steps: those that declare it again use it, and `FROM`.
    fn plan_global(&self) -> Option<Plan> {
        let facts = self.cx.facts;
        let from = facts.stages.iter().map(|stage| stage.from);
        let mut later = (0..facts.views.len()).filter(|&index| facts.stage_of(index).is_some());
        let declares = |index: usize| {
            pairs(self.cx, index)
                .1
                .iter()
                .any(|pair| pair.0 == self.name)
        };
        let mut from = from.filter(|&index| steps::names(self.cx, index, &self.name));
        let (code, why) = match from.next() {
            Some(_) => ("used-elsewhere", "a FROM uses it"),
            None if later.any(declares) => return None,
            None => ("not-used", "no stage declares it: remove it"),
        };
        let message = format!("{} cannot become a secret: {why}", self.name);
        let mut refusal = self.refuse(code, message);
        refusal.hides = self.literals();
        Some(Err(refusal))
    }

    /// The values that stand in the file.
    fn literals(&self) -> Vec<String> {
        let facts = self.cx.facts;
        let global = (0..facts.views.len()).take_while(|&index| facts.stage_of(index).is_none());
        let global = global.flat_map(|index| declarations(self.cx, index));
        let global = global.filter(|(name, _)| *name == self.name);
        let literal = |value: &Value| match value {
            Value::Literal(value) => Some(value.clone()),
            _ => None,
        };
        let own = self.declarations.iter();
        let mut literals: Vec<String> = own.filter_map(|one| literal(&one.value)).collect();
        literals.extend(global.filter_map(|(_, one)| literal(&one.value)));
        literals
    }

    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        refuse(self.cx, self.declarations[0].index, code, message)
    }

    fn rewrite(&self) -> Plan {
        let (cx, name) = (self.cx, &self.name);
        self.check_uses()?;
        self.check_run_time()?;
        let needs = |at: &usize| steps::names(cx, *at, name) || steps::may_look(cx, *at);
        let needed: Vec<usize> = self.runs().filter(needs).collect();
        if needed.is_empty() {
            let message = format!("no step behind it uses {name}: remove it");
            return Err(self.refuse("not-used", message));
        }
        let first = cx.file.instructions()[self.declarations[0].index].span;
        let mut rewrite = Rewrite::new(first, self.message());
        rewrite.by_intent = true;
        rewrite.hides = self.literals();
        frontend::check(cx, &frontend::SECRET_VARIABLES, &mut rewrite)
            .map_err(|why| self.refuse("old-syntax", why))?;
        if self.is_kept() {
            rewrite.assume(format!("no program needs {name} when it runs"));
        }
        self.write(&needed, &mut rewrite)?;
        Ok(rewrite)
    }

    /// How the image is built from now on.
    fn message(&self) -> String {
        let name = &self.name;
        let is_argument = self.declarations.iter().any(|one| !one.is_env);
        let instead = if is_argument {
            format!(" instead of `--build-arg {name}`")
        } else {
            String::new()
        };
        let changed = if self.literals().is_empty() {
            ""
        } else {
            ", and change the value, which many may have seen"
        };
        format!(
            "{name} becomes a secret of the steps that need it: build with `--secret id={name},env={name}`{instead}{changed}"
        )
    }

    /// Whether an image that somebody gets has it in its configuration.
    fn is_kept(&self) -> bool {
        self.declarations
            .iter()
            .filter(|one| one.is_env)
            .any(|one| {
                let mut stages = self.cx.facts.stages.iter();
                stages.any(|stage| {
                    let last = stage.body.end.saturating_sub(1);
                    let has = last == one.index || steps::is_behind(self.cx, last, one.index);
                    has && is_shipped(self.cx, stage)
                })
            })
    }

    fn check_run_time(&self) -> Result<(), Refusal> {
        if !self.is_kept() || self.cx.knowledge.secrets.is_build_only(&self.name) {
            return Ok(());
        }
        let name = &self.name;
        let message = format!(
            "{name} is in the environment of every container, where the program may need it, and everybody who has the image can read it; give it to the container when it starts (`docker run --env {name}`), and to a step by `--mount=type=secret,id={name},env={name}`"
        );
        Err(self.refuse("kept-at-run-time", message))
    }

    /// The instructions that see the variable, its declarations left out.
    fn behind(&self) -> impl Iterator<Item = usize> {
        let is_declaration = |at: usize| self.declarations.iter().any(|one| one.index == at);
        let sees = move |at: &usize| {
            let mut declared = self.declarations.iter();
            declared.any(|one| steps::is_behind(self.cx, *at, one.index)) && !is_declaration(*at)
        };
        (0..self.cx.facts.views.len()).filter(sees)
    }

    fn runs(&self) -> impl Iterator<Item = usize> {
        let views = &self.cx.facts.views;
        self.behind()
            .filter(|&at| matches!(views[at].kind, Kind::Run { .. }))
    }

    /// Only steps may use it, and its value must not be made of others.
    fn check_uses(&self) -> Result<(), Refusal> {
        let name = &self.name;
        let derived = self
            .declarations
            .iter()
            .find(|one| one.value == Value::Derived);
        if let Some(derived) = derived {
            let place = self.cx.file.instructions()[derived.index].span;
            let message = format!(
                "the value of {name} is made of another variable; hand over the whole value"
            );
            return Err(self
                .refuse("used-elsewhere", message)
                .because(place, "makes it"));
        }
        let views = &self.cx.facts.views;
        let elsewhere = |at: &usize| {
            !matches!(views[*at].kind, Kind::Run { .. }) && steps::names(self.cx, *at, name)
        };
        let Some(at) = self.behind().find(elsewhere) else {
            return self.check_neighbours();
        };
        let instruction = &self.cx.file.instructions()[at];
        let message = format!("{name} cannot become a secret: its value is used outside of a step");
        Err(self
            .refuse("used-elsewhere", message)
            .because(instruction.span, "uses it"))
    }

    /// In one `ENV` or `ARG`, a word may use what another sets.
    fn check_neighbours(&self) -> Result<(), Refusal> {
        for one in &self.declarations {
            let (_, pairs) = pairs(self.cx, one.index);
            let uses = |(nth, (_, value, _)): (usize, &(String, String, Span))| {
                let names = [format!("${}", self.name), format!("${{{}", self.name)];
                nth != one.nth && names.iter().any(|own| value.contains(own))
            };
            if pairs.iter().enumerate().any(uses) {
                let message = format!(
                    "{} cannot become a secret: the line uses its value as well",
                    self.name
                );
                return Err(refuse(self.cx, one.index, "used-elsewhere", message));
            }
        }
        Ok(())
    }

    fn write(&self, needed: &[usize], rewrite: &mut Rewrite) -> Result<(), Refusal> {
        let (cx, name) = (self.cx, &self.name);
        let mut instructions: Vec<usize> = self.declarations.iter().map(|one| one.index).collect();
        instructions.extend(self.useless_globals());
        instructions.dedup();
        for index in instructions {
            let words = pairs(cx, index).1;
            let is_gone = |nth: &usize| words[*nth].0 == *name;
            let gone: Vec<usize> = (0..words.len()).filter(is_gone).collect();
            let words: Vec<Span> = words.iter().map(|word| word.2).collect();
            writer::remove(cx, index, &words, &gone, rewrite)?;
        }
        // With the value in the file, every build had one: without it, the build must not go on.
        let required = if self.literals().is_empty() {
            ""
        } else {
            ",required=true"
        };
        let flag = format!("--mount=type=secret,id={name},env={name}{required}");
        for &at in needed {
            writer::mount(cx, at, std::slice::from_ref(&flag), rewrite);
            let note = if steps::names(cx, at, name) {
                "names it"
            } else {
                "runs what may look for it in its environment"
            };
            rewrite.evidence(cx.file.instructions()[at].span, note);
        }
        rewrite.declares.push(Change::Secret(name.clone()));
        Ok(())
    }

    /// Declarations in front of all stages that no other stage and no `FROM` uses.
    fn useless_globals(&self) -> Vec<usize> {
        let facts = self.cx.facts;
        let own: Vec<usize> = self.declarations.iter().map(|one| one.index).collect();
        let declares = |index: &usize| {
            pairs(self.cx, *index)
                .1
                .iter()
                .any(|pair| pair.0 == self.name)
        };
        let all: Vec<usize> = (0..facts.views.len()).filter(declares).collect();
        let is_from = |stage: &Stage| steps::names(self.cx, stage.from, &self.name);
        let (global, local): (Vec<usize>, Vec<usize>) = all
            .into_iter()
            .partition(|&index| facts.stage_of(index).is_none());
        let is_last = local.iter().all(|index| own.contains(index));
        if is_last && !facts.stages.iter().any(is_from) {
            global
        } else {
            Vec::new()
        }
    }
}

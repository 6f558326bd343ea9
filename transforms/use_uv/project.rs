//! `uv sync` in place of the install of another tool that keeps projects, where the project has a lock file of uv.
//!
//! ```dockerfile
//! RUN pip install poetry                        COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
//! COPY pyproject.toml poetry.lock ./            COPY pyproject.toml uv.lock ./
//! RUN poetry config virtualenvs.create false \  RUN UV_PROJECT_ENVIRONMENT=/usr/local uv sync --frozen …
//!     && poetry install --only main
//! ```

use toml::Value;

use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::context::{folder_and_name, in_folder};
use crate::knowledge::uv;
use crate::syntax::Span;
use crate::transform::{Change, Place, Plan, Refusal, Rewrite};
use crate::transforms::origin::{Origin, origin_before};
use crate::transforms::settings::Settings;

use super::groups::{self, at as value_at};
use super::setup::Setup;
use super::{Site, guards, lock};

/// The installs of one tool in a stage.
pub(super) struct Installs<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) project: &'a uv::Project,
    steps: Vec<(usize, &'a Step<'a>)>,
}

/// What the project declares, and where.
struct Declared {
    /// The folder of the build context.
    folder: String,
    pyproject: Value,
}

/// What becomes of the installs of a stage that another tool than pip does.
pub(super) fn plan(site: &Site<'_>) -> Option<Plan> {
    let projects = site.cx.knowledge.uv.projects.iter();
    let mut installs = projects.map(|project| Installs {
        site,
        project,
        steps: site.steps(|step| is_install(project, step)),
    });
    installs.find_map(|installs| {
        let (first, step) = *installs.steps.first()?;
        Some(installs.rewrite(first, step))
    })
}

fn is_install(project: &uv::Project, step: &Step<'_>) -> bool {
    let tool = step
        .invocation
        .as_ref()
        .map(|invocation| &invocation.tool.id);
    tool == Some(&project.tool) && project.verbs.contains(&Site::verb(step))
}

impl Installs<'_> {
    fn rewrite(&self, first: usize, step: &Step<'_>) -> Plan {
        let (site, project) = (self.site, self.project);
        let Some(groups) = &project.groups else {
            let message = format!(
                "{} has a lock file of its own: {}",
                project.tool, project.how
            );
            return Err(site.refuse(first, "other-lock", message));
        };
        guards::check_python(site, first)?;
        let declared = self.declared(first, step)?;
        self.check_python_version(first, &declared)?;
        let setup = Setup::find(self, first)?;
        let mut rewrite = Rewrite::new(
            site.cx.file.instructions()[first].span,
            format!("uv installs what {} installed", project.tool),
        );
        rewrite.by_intent = true;
        for (at, step) in &self.steps {
            let to = self.translate(*at, step, groups, &declared.pyproject)?;
            self.replace(*at, step, to, &mut rewrite);
        }
        lock::write(self, &self.steps, &declared.folder, &mut rewrite)?;
        setup.write(self, first, &mut rewrite)?;
        self.compare_locks(&declared.folder, &mut rewrite);
        rewrite.assume(format!(
            "the program imports nothing that only {} brought with it",
            project.tool
        ));
        Ok(rewrite)
    }

    /// The installs in the instruction at `at`, in its logical line.
    pub(super) fn spans(&self, at: usize) -> impl Iterator<Item = Span> {
        let here = self.steps.iter().filter(move |(own, _)| *own == at);
        here.map(|(_, step)| step.span)
    }

    pub(super) fn refuse(
        &self,
        at: usize,
        code: &'static str,
        message: impl Into<String>,
    ) -> Refusal {
        self.site.refuse(at, code, message)
    }

    /// The project that `step` installs, which has to have a lock file of uv.
    fn declared(&self, at: usize, step: &Step<'_>) -> Result<Declared, Refusal> {
        let cx = self.site.cx;
        let missing = |what: &str| {
            let message = format!("{what}; {}", self.project.how);
            self.refuse(at, "no-uv-lock", message)
        };
        let (Some(context), Some(folder)) = (cx.context, step.directory()) else {
            return Err(missing(
                "the build context, which may hold uv.lock, is not at hand",
            ));
        };
        let path = join(&folder, "pyproject.toml");
        let Origin::File(path) = origin_before(cx, self.site.stage, at, &path) else {
            return Err(missing("dfopt finds no copy that brings pyproject.toml"));
        };
        let text = context.read(&path).unwrap_or_default();
        let pyproject = text.parse::<toml::Table>().map(Value::Table);
        let pyproject = pyproject.map_err(|_| missing("pyproject.toml cannot be read"))?;
        if value_at(&pyproject, "project.name").is_none() {
            return Err(missing("uv reads [project], which pyproject.toml has not"));
        }
        let folder = folder_and_name(&path).0;
        let lock = in_folder(folder, &cx.knowledge.uv.lock);
        if !context.has(&lock) || context.is_ignored(&lock) {
            let message = format!("the build context has no {lock}: `uv lock` writes it");
            return Err(self.refuse(at, "no-uv-lock", message));
        }
        // Poetry fetches sources itself, uv calls git.
        if context
            .read(&lock)
            .is_some_and(|text| text.contains("git = \""))
        {
            let message = format!(
                "{lock} names sources that uv fetches with git: install that, and write `uv sync --frozen`"
            );
            return Err(self.refuse(at, "git-source", message));
        }
        let folder = folder.to_owned();
        Ok(Declared { folder, pyproject })
    }

    /// uv fetches another Python when the project asks for one.
    fn check_python_version(&self, at: usize, declared: &Declared) -> Result<(), Refusal> {
        let context = self.site.cx.context;
        let file = in_folder(&declared.folder, ".python-version");
        let wanted = context
            .and_then(|context| context.read(&file))
            .unwrap_or_default();
        let wanted = wanted.trim();
        let tag = guards::tag(self.site).unwrap_or_default();
        let own = tag.split('-').next().unwrap_or_default();
        if wanted.is_empty() || own.starts_with(wanted) || wanted.starts_with(&format!("{own}.")) {
            return Ok(());
        }
        let message = format!(
            "{file} asks for Python {wanted}, which uv would fetch beside that of the image"
        );
        Err(self.refuse(at, "other-python", message))
    }

    /// The command of uv for `step`.
    fn translate(
        &self,
        at: usize,
        step: &Step<'_>,
        groups: &uv::Groups,
        pyproject: &Value,
    ) -> Result<String, Refusal> {
        let Some(invocation) = &step.invocation else {
            return Err(self.refuse(at, "not-separable", "the command cannot be read"));
        };
        self.site.check_place(at)?;
        let logical = &self.site.cx.facts.views[at].logical;
        if !step.assigns.is_empty() || step.redirected || logical.crosses_comment(step.span) {
            let message = "variables, redirections or a comment stand in the command";
            return Err(self.refuse(at, "not-separable", message));
        }
        if let Some(&word) = invocation.operands.first() {
            let message = format!("`uv sync` has nothing like `{}`", step.args[word].known());
            return Err(self.refuse(at, "option", message));
        }
        let options = groups::words(self.project, groups, invocation, pyproject);
        let options = options.map_err(|(code, message)| self.refuse(at, code, message))?;
        let is_root_wanted = !options
            .iter()
            .any(|option| option == "--no-install-project");
        let mode = value_at(pyproject, &self.project.package_mode);
        let is_package =
            pyproject.get("build-system").is_some() && mode.and_then(Value::as_bool) != Some(false);
        if is_root_wanted && !is_package {
            let message = "the project itself is installed, and pyproject.toml has no [build-system] for uv to do that with";
            return Err(self.refuse(at, "no-build-system", message));
        }
        let mut words = self.environment(at, step)?;
        words.extend(options);
        Ok(words.join(" "))
    }

    /// The first words of the command, which say where it installs.
    fn environment(&self, at: usize, step: &Step<'_>) -> Result<Vec<String>, Refusal> {
        let (cx, stage) = (self.site.cx, self.site.stage);
        let invocation = step.invocation.as_ref();
        let found = invocation.and_then(|invocation| {
            let installs = invocation.action.installs.as_ref()?;
            let settings = Settings::new(cx, stage, at, step);
            Some(settings.first(invocation, installs))
        });
        let places = match found {
            Some(Ok(Some((when, _)))) => when.at.as_deref().unwrap_or_default(),
            _ => &[],
        };
        let is_active =
            step.environment.is_some() || cx.facts.states[at].variables.contains_key("VIRTUAL_ENV");
        let words = match places {
            [place] if place == "@python" && !is_active => {
                let prefix = format!("UV_PROJECT_ENVIRONMENT={}", cx.knowledge.uv.prefix);
                vec![prefix, "uv sync --frozen --inexact --no-cache".to_owned()]
            }
            [place] if place == ".venv" && self.steps.len() == 1 => {
                vec!["uv sync --frozen --no-cache".to_owned()]
            }
            [place] if place == ".venv" => vec!["uv sync --frozen --inexact --no-cache".to_owned()],
            _ => {
                let message = format!(
                    "{} makes an environment where only it finds it; uv makes .venv: put its `bin` on PATH, and write `uv sync --frozen`",
                    self.project.tool
                );
                return Err(self.refuse(at, "environment", message));
            }
        };
        Ok(words)
    }

    fn replace(&self, at: usize, step: &Step<'_>, to: String, rewrite: &mut Rewrite) {
        let cx = self.site.cx;
        let from = step.span.text(&cx.facts.views[at].logical.text).to_owned();
        rewrite
            .edits
            .replace(cx.facts.source(at, step.span), to.clone());
        rewrite.declares.push(Change::Replaced { from, to });
    }

    /// Whether both lock files name the same versions: what proves it, or what has to be taken for granted.
    fn compare_locks(&self, folder: &str, rewrite: &mut Rewrite) {
        let Some(context) = self.site.cx.context else {
            return;
        };
        let uv = &self.site.cx.knowledge.uv;
        let (old, new) = (
            in_folder(folder, &self.project.lock),
            in_folder(folder, &uv.lock),
        );
        let read = |path: &str| context.read(path).map(|text| lock::versions(&text));
        let (Some(was), Some(is)) = (read(&old), read(&new)) else {
            rewrite.assume(format!("{new} names versions that the program works with"));
            return;
        };
        let differs = was.iter().find_map(|(name, version)| {
            let other = is.get(name).filter(|other| *other != version)?;
            Some(format!("{name} {other} in place of {version}"))
        });
        let place = Place::File(new.clone(), None);
        match differs {
            Some(other) => rewrite.assume(format!(
                "the program works with other versions: {new} names {other}"
            )),
            None => rewrite.evidence(place, format!("names the versions of {old}")),
        }
    }
}

//! The engine that builds and runs: the `docker` on the path. What `dfopt --prove` does with one is asked of `dfopt::prove`;
//! here is the rest: containers that stay, published ports, health checks, and BuildKit's own warnings.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dfopt::prove::engines::{Image, Order};
use dfopt::prove::process::{self, Limits, Said};
use dfopt::prove::{self, Error, Settings};

/// What marks the containers of these tests: `docker ps -a --filter label=dfopt.test`.
const LABEL: &str = "dfopt.test=builds";

/// How long a build may be silent, and how long anything else may take.
const BUILD: Duration = Duration::from_secs(400);
const OTHER: Duration = Duration::from_secs(60);

/// A `docker` with a daemon that answers.
pub(crate) struct Engine {
    /// What `dfopt --prove` sees of it.
    pub(crate) prover: prove::Engine,
}

/// A container that goes when it is dropped.
pub(crate) struct Container {
    id: String,
}

/// What to build.
#[derive(Clone, Copy)]
pub(crate) struct Recipe<'a> {
    pub(crate) context: &'a Path,
    pub(crate) dockerfile: &'a str,
    pub(crate) target: Option<&'a str>,
    pub(crate) args: &'a [(String, String)],
    /// The files that hold secrets, from the context, by the names of the secrets.
    pub(crate) secrets: &'a BTreeMap<String, PathBuf>,
}

impl Recipe<'_> {
    /// The build arguments and secrets as the engine takes them.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let args = self.args.iter();
        let args = args.map(|(name, value)| format!("--build-arg={name}={value}"));
        let secrets = self.secrets.iter().map(|(name, file)| {
            let file = self.context.join(file);
            format!("--secret=id={name},src={}", file.display())
        });
        args.chain(secrets).collect()
    }
}

impl Engine {
    /// The `docker` that the shell finds; the rest is the business of `DOCKER_HOST`. Answers with the reason when there is none.
    pub(crate) fn find() -> Result<Self, String> {
        let settings = Settings {
            name: Some("docker".to_owned()),
            builder: None,
            patience: BUILD,
        };
        let prover = prove::Engine::find(settings).map_err(told)?;
        Ok(Self { prover })
    }

    /// Builds. A build that fails answers with the end of its log.
    pub(crate) fn build(&self, recipe: Recipe<'_>, afresh: bool) -> Result<Image<'_>, String> {
        let order = Order {
            context: recipe.context,
            dockerfile: &recipe.context.join(recipe.dockerfile),
            target: recipe.target,
            arguments: &recipe.arguments(),
            afresh,
            builder: None,
        };
        self.prover.build(&order, &mut |_| {}).map_err(told)
    }

    /// Runs `command` to its end in a container of `image`, with these options of `docker run`.
    pub(crate) fn run(
        &self,
        image: &Image<'_>,
        options: &[String],
        command: &[String],
    ) -> Result<Said, String> {
        let head = ["run", "--rm", "--label", LABEL].map(str::to_owned);
        let words = [
            &head[..],
            options,
            std::slice::from_ref(&image.tag),
            command,
        ]
        .concat();
        docker(&words, OTHER)
    }

    /// Starts a container of `image` that stays.
    pub(crate) fn start(&self, image: &Image<'_>, options: &[String]) -> Result<Container, String> {
        let head = ["run", "--detach", "--label", LABEL].map(str::to_owned);
        let words = [&head[..], options, std::slice::from_ref(&image.tag)].concat();
        let id = must(&words)?.trim().to_owned();
        Ok(Container { id })
    }

    /// Copies all that each of the folders `contexts` shows as a build context into a folder of its
    /// name below `into`.
    pub(crate) fn copy_contexts(&self, contexts: &[PathBuf], into: &Path) -> Result<(), String> {
        let name = |context: &PathBuf| context.file_name().unwrap().display().to_string();
        let mut text = "FROM scratch\n".to_owned();
        let mut args = vec!["build".to_owned(), format!("--output={}", into.display())];
        for context in contexts {
            text += &format!("COPY --from={0} . /{0}/\n", name(context));
            let named = format!("--build-context={}={}", name(context), context.display());
            args.push(named);
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        fs::write(folder.path().join("Dockerfile"), text).map_err(|error| error.to_string())?;
        args.push(folder.path().display().to_string());
        match docker(&args, BUILD)? {
            said if said.code == 0 => Ok(()),
            said => Err(format!("the build fails:\n{}", said.err)),
        }
    }

    /// The names of the rules that `docker build --check` warns of, each as often as it does.
    pub(crate) fn warnings(&self, recipe: Recipe<'_>) -> Result<Vec<String>, String> {
        let file = recipe.context.join(recipe.dockerfile);
        let mut args = ["build", "--check", "--file"].map(str::to_owned).to_vec();
        args.push(file.display().to_string());
        args.extend(recipe.arguments());
        args.push(recipe.context.display().to_string());
        let said = docker(&args, OTHER)?;
        let lines = said.out.lines();
        let rules = lines.filter_map(|line| line.strip_prefix("WARNING: ")?.split(' ').next());
        let warnings: Vec<String> = rules.map(str::to_owned).collect();
        if said.code != 0 && warnings.is_empty() {
            return Err(format!("docker build --check: {}", said.err));
        }
        Ok(warnings)
    }
}

impl Container {
    /// The address on this machine at which a port of the container answers.
    pub(crate) fn address(&self, port: u16) -> Result<String, String> {
        let text = must(&["port", &self.id, &port.to_string()].map(str::to_owned))?;
        let first = text.lines().next().unwrap_or_default();
        Ok(first.replace("0.0.0.0", "127.0.0.1"))
    }

    /// A field of its state: `Running`, `Health.Status`.
    pub(crate) fn state(&self, field: &str) -> Result<String, String> {
        let format = format!("--format={{{{json .State.{field}}}}}");
        let text = must(&["inspect", &format, &self.id].map(str::to_owned))?;
        Ok(text.trim().trim_matches('"').to_owned())
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> String {
        match docker(&["logs", &self.id].map(str::to_owned), OTHER) {
            Ok(said) => said.out + &said.err,
            Err(error) => error,
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = must(&["rm", "--force", "--volumes", &self.id].map(str::to_owned));
    }
}

fn docker(args: &[String], limit: Duration) -> Result<Said, String> {
    bounded(Command::new("docker").args(args), limit)
        .map_err(|error| format!("docker {}: {error}", args.join(" ")))
}

/// Standard output of a command that has to succeed.
fn must(args: &[String]) -> Result<String, String> {
    let said = docker(args, OTHER)?;
    match said.code {
        0 => Ok(said.out),
        code => Err(format!(
            "docker {}: exit {code}: {}",
            args.join(" "),
            said.err.trim()
        )),
    }
}

/// Runs a command, but no longer than `limit`.
pub(crate) fn bounded(command: &mut Command, limit: Duration) -> Result<Said, String> {
    process::run(command, Limits::total(limit), &mut |_| {}).map_err(|stop| stop.to_string())
}

/// An error of the prover as the tests show it.
pub(crate) fn told(error: Error) -> String {
    match error {
        Error::Interrupted => "interrupted".to_owned(),
        Error::Engine(error) => error,
        Error::Build { log, .. } => format!("the build fails:\n{log}"),
    }
}

//! The engine that builds and runs: whatever `docker` talks to.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use serde_json::Value;

/// What marks the images and containers of these tests: `docker ps -a --filter label=dfopt.test`.
const LABEL: &str = "dfopt.test=builds";

/// How long a build may take, and how long anything else.
const BUILD: Duration = Duration::from_secs(400);
const OTHER: Duration = Duration::from_secs(60);

/// A `docker` with a daemon that answers.
pub(crate) struct Engine(PathBuf);

/// What a program said.
pub(crate) struct Said {
    status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }
}

/// An image that goes when it is dropped.
pub(crate) struct Image<'e> {
    engine: &'e Engine,
    pub(crate) tag: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) seconds: f64,
}

/// A step of a build: `[builder 3/5] RUN make`.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) cached: bool,
}

/// A container that goes when it is dropped.
pub(crate) struct Container<'e> {
    engine: &'e Engine,
    pub(crate) id: String,
}

/// What to build.
#[derive(Clone, Copy)]
pub(crate) struct Recipe<'a> {
    pub(crate) context: &'a Path,
    pub(crate) dockerfile: &'a str,
    pub(crate) target: Option<&'a str>,
    pub(crate) args: &'a [(String, String)],
}

impl Recipe<'_> {
    fn arguments(&self) -> Vec<String> {
        let file = self.context.join(self.dockerfile);
        let mut arguments = vec!["--file".to_owned(), file.display().to_string()];
        arguments.extend(self.target.map(|target| format!("--target={target}")));
        for (name, value) in self.args {
            arguments.push(format!("--build-arg={name}={value}"));
        }
        arguments.push(self.context.display().to_string());
        arguments
    }
}

impl Engine {
    /// `DFOPT_DOCKER`, or `docker` as the shell finds it; the rest is `DOCKER_HOST`'s business.
    /// Answers with the reason when there is none.
    pub(crate) fn find() -> Result<Self, String> {
        let program = env::var_os("DFOPT_DOCKER").unwrap_or_else(|| "docker".into());
        let engine = Self(program.into());
        let said = engine.docker(&["version", "--format={{.Server.Version}}"], OTHER)?;
        match said.code() {
            0 => Ok(engine),
            _ => Err(said.err.trim().to_owned()),
        }
    }

    /// The versions of the client and the server.
    pub(crate) fn version(&self) -> Result<String, String> {
        let format = "--format=client {{.Client.Version}}, server {{.Server.Version}}";
        Ok(self.must(&["version", format])?.trim().to_owned())
    }

    fn docker(&self, args: &[&str], limit: Duration) -> Result<Said, String> {
        bounded(Command::new(&self.0).args(args), limit)
            .map_err(|error| format!("{} {}: {error}", self.0.display(), args.join(" ")))
    }

    /// Standard output of a command that has to succeed.
    fn must(&self, args: &[&str]) -> Result<String, String> {
        let said = self.docker(args, OTHER)?;
        match said.code() {
            0 => Ok(said.out),
            code => Err(format!(
                "docker {}: exit {code}: {}",
                args.join(" "),
                said.err.trim()
            )),
        }
    }

    /// Builds and tags. A build that fails answers with the end of its log.
    pub(crate) fn build(&self, recipe: Recipe<'_>, tag: String) -> Result<Image<'_>, String> {
        let started = Instant::now();
        let label = format!("--label={LABEL}");
        let mut args = vec!["build", "--progress=plain", &label, "--tag", &tag];
        let arguments = recipe.arguments();
        args.extend(arguments.iter().map(String::as_str));
        let said = self.docker(&args, BUILD)?;
        if said.code() != 0 {
            return Err(format!("the build fails:\n{}", tail(&said.err)));
        }
        Ok(Image {
            engine: self,
            tag,
            steps: steps(&said.err),
            seconds: started.elapsed().as_secs_f64(),
        })
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
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match self.docker(&args, BUILD)? {
            said if said.code() == 0 => Ok(()),
            said => Err(format!("the build fails:\n{}", tail(&said.err))),
        }
    }

    /// The names of the rules that `docker build --check` warns of, each as often as it does.
    pub(crate) fn warnings(&self, recipe: Recipe<'_>) -> Result<Vec<String>, String> {
        let mut args = vec!["build", "--check"];
        let arguments = recipe.arguments();
        args.extend(arguments.iter().map(String::as_str));
        let said = self.docker(&args, OTHER)?;
        let warnings: Vec<String> = said
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("WARNING: ")?.split(' ').next())
            .map(str::to_owned)
            .collect();
        if said.code() != 0 && warnings.is_empty() {
            return Err(format!("docker build --check: {}", tail(&said.err)));
        }
        Ok(warnings)
    }
}

impl<'e> Image<'e> {
    /// What `docker image inspect` knows.
    pub(crate) fn inspect(&self) -> Result<Value, String> {
        let text = self.engine.must(&["image", "inspect", &self.tag])?;
        let mut images: Vec<Value> = serde_json::from_str(&text).unwrap();
        Ok(images.remove(0))
    }

    /// Runs `command` to its end in a container.
    pub(crate) fn run(&self, options: &[String], command: &[String]) -> Result<Said, String> {
        let mut args = vec!["run", "--rm", "--label", LABEL];
        args.extend(options.iter().map(String::as_str));
        args.push(&self.tag);
        args.extend(command.iter().map(String::as_str));
        self.engine.docker(&args, OTHER)
    }

    /// Starts a container that stays.
    pub(crate) fn start(&self, options: &[String]) -> Result<Container<'e>, String> {
        let mut args = vec!["run", "--detach", "--label", LABEL];
        args.extend(options.iter().map(String::as_str));
        args.push(&self.tag);
        let id = self.engine.must(&args)?.trim().to_owned();
        Ok(Container {
            engine: self.engine,
            id,
        })
    }

    /// How many steps were not taken from the cache.
    pub(crate) fn steps_run(&self) -> usize {
        self.steps.iter().filter(|step| !step.cached).count()
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        let _ = self.engine.must(&["image", "rm", "--force", &self.tag]);
    }
}

impl Container<'_> {
    /// The address on this machine at which a port of the container answers.
    pub(crate) fn address(&self, port: u16) -> Result<String, String> {
        let text = self.engine.must(&["port", &self.id, &port.to_string()])?;
        let first = text.lines().next().unwrap_or_default();
        Ok(first.replace("0.0.0.0", "127.0.0.1"))
    }

    /// A field of its state: `Running`, `Health.Status`.
    pub(crate) fn state(&self, field: &str) -> Result<String, String> {
        let format = format!("--format={{{{json .State.{field}}}}}");
        let text = self.engine.must(&["inspect", &format, &self.id])?;
        Ok(text.trim().trim_matches('"').to_owned())
    }

    /// The end of what it has printed.
    pub(crate) fn log(&self) -> String {
        match self.engine.docker(&["logs", &self.id], OTHER) {
            Ok(said) => tail(&(said.out + &said.err)),
            Err(error) => error,
        }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.engine.must(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// Runs a command, but no longer than `limit`.
pub(crate) fn bounded(command: &mut Command, limit: Duration) -> io::Result<Said> {
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.try_clone()?);
    let started = Instant::now();
    let mut child = command.spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            let message = format!("no end after {limit:?}: {}", tail(&text(&mut err)?));
            return Err(io::Error::other(message));
        }
        sleep(Duration::from_millis(20));
    };
    Ok(Said {
        status,
        out: text(&mut out)?,
        err: text(&mut err)?,
    })
}

fn text(file: &mut fs::File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.trim().lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}

/// The steps of the log of a build, without `FROM`.
fn steps(log: &str) -> Vec<Step> {
    let mut found: Vec<(&str, Step)> = Vec::new();
    for line in log.lines() {
        let Some((number, rest)) = line.split_once(' ') else {
            continue;
        };
        if rest == "CACHED" {
            let steps = found.iter_mut().filter(|(other, _)| *other == number);
            steps.for_each(|(_, step)| step.cached = true);
        } else if is_step(rest) && !found.iter().any(|(other, _)| *other == number) {
            let step = Step {
                name: rest.to_owned(),
                cached: false,
            };
            found.push((number, step));
        }
    }
    found.into_iter().map(|(_, step)| step).collect()
}

/// `[2/5] RUN make` and `[builder 2/5] RUN make`, but not `[1/5] FROM` and `[internal] …`.
fn is_step(text: &str) -> bool {
    let Some((place, what)) = text
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "))
    else {
        return false;
    };
    let number = place.rsplit(' ').next().unwrap_or_default();
    let is_number = number
        .split_once('/')
        .is_some_and(|(step, of)| step.parse::<u32>().is_ok() && of.parse::<u32>().is_ok());
    is_number && !what.starts_with("FROM ")
}

#[test]
fn the_log_of_a_build_tells_which_steps_ran() {
    let log = "#1 [internal] load build definition from Dockerfile\n#5 [builder 1/3] FROM docker.io/library/a\n\
        #6 [builder 2/3] COPY . .\n#6 CACHED\n#7 [builder 3/3] RUN make\n#7 0.1 [1/9] compiling\n#7 DONE 0.2s\n";
    let steps: Vec<(String, bool)> = steps(log)
        .into_iter()
        .map(|step| (step.name, step.cached))
        .collect();
    let expected = [
        ("[builder 2/3] COPY . .".to_owned(), true),
        ("[builder 3/3] RUN make".to_owned(), false),
    ];
    assert_eq!(steps, expected);
}

//! The engines that build images and run containers: the user's own, driven by their command lines.
//!
//! Everything that is made here has a name with the session in it, and goes when its guard is dropped, also
//! after an interrupt. The build cache of the engine stays, as it does after any build.

mod buildah;
mod docker;
mod log;
mod podman;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::configuration::Configuration;
use super::process::{Limits, Said, Stop, run, stream};
use super::tree::Tree;

pub use log::{Log, Step};

/// How long the removal of an image or a container may take.
const CLEANUP: Duration = Duration::from_secs(60);

/// How long an engine may take to say its version.
const GREETING: Duration = Duration::from_secs(20);

/// How many lines of the log of a build that fails are shown.
const MOST_LINES: usize = 25;

/// What is being done when the files of an image are read, for messages.
const TREE: &str = "reading the files of an image";

/// What is different from engine to engine: the words of its command line, and its answers.
trait Driver: Sync {
    /// The program.
    fn name(&self) -> &'static str;

    /// The arguments with which it says its version. They have to fail when it cannot build.
    fn version(&self) -> &'static [&'static [&'static str]];

    /// The arguments that build `order` and call the image `tag`.
    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString>;

    /// Notes what a line of the output of a build says.
    fn read_line(&self, log: &mut Log, line: &str);

    /// The arguments that show everything about an image as JSON.
    fn inspect(&self, image: &str) -> Vec<OsString>;

    /// What it has shown.
    fn inspected(&self, answer: &Value) -> Option<Inspected>;

    /// The arguments that make a container of `image`, to run `command` in.
    fn create(&self, name: &str, image: &str, command: &[String]) -> Vec<OsString>;

    /// The arguments that run it to its end. `command` begins with the entry point.
    fn start(&self, name: &str, command: &[String]) -> Vec<OsString>;

    /// The arguments that write the files of a container of `image` to standard output as a tar. `scratch` is an
    /// empty folder.
    ///
    /// # Errors
    /// When something has to be written there and cannot be.
    fn export(&self, name: &str, image: &str, scratch: &Path) -> io::Result<Vec<OsString>>;

    /// The arguments that remove a container, whether it runs or not.
    fn remove(&self, name: &str) -> Vec<OsString>;

    /// The arguments that remove an image.
    fn remove_image(&self, image: &str) -> Vec<OsString>;
}

/// All drivers, in the order in which they are tried.
const DRIVERS: [&dyn Driver; 3] = [&docker::Docker, &podman::Podman, &buildah::Buildah];

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The build context.
    pub context: &'a Path,
    /// The Dockerfile. An ignore file of its own stands beside it.
    pub dockerfile: &'a Path,
    /// The stage; the last one by default.
    pub target: Option<&'a str>,
    /// Further arguments, as the engine takes them.
    pub arguments: &'a [String],
    /// Whether to do without the cache.
    pub afresh: bool,
    /// The builder of buildx.
    pub builder: Option<&'a str>,
}

/// Why something could not be done.
#[derive(Debug)]
pub enum Error {
    /// The user has interrupted.
    Interrupted,
    /// The engine is not there, does not answer, or fails at something that is not a build.
    Engine(String),
    /// A build failed.
    Build {
        /// The base image that could not be had, in the words of the engine, if that was it.
        missing_base: Option<String>,
        /// The end of its log.
        log: String,
    },
}

/// What is asked of an engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `docker`, `podman` or `buildah`; the first that is there by default.
    pub name: Option<String>,
    /// The builder of buildx.
    pub builder: Option<String>,
    /// How long a build may be silent, and anything else may take.
    pub patience: Duration,
}

/// An engine that answers.
pub struct Engine {
    driver: &'static dyn Driver,
    settings: Settings,
    version: String,
    session: String,
    counter: AtomicUsize,
}

/// What an engine knows about an image.
#[derive(Clone, Debug, Default)]
pub struct Inspected {
    /// The configuration.
    pub configuration: Configuration,
    /// The size in bytes, if the engine tells.
    pub bytes: Option<u64>,
    /// The number of layers.
    pub layers: usize,
}

/// An image that goes when it is dropped.
pub struct Image<'e> {
    engine: &'e Engine,
    /// Its name.
    pub tag: String,
    /// The steps of its build.
    pub steps: Vec<Step>,
    /// How long its build took.
    pub seconds: f64,
}

/// A container that goes when it is dropped.
struct Container<'e> {
    engine: &'e Engine,
    name: String,
}

impl Engine {
    /// The engine that `settings` name, or else the first of docker, podman and buildah that answers.
    ///
    /// # Errors
    /// When there is none, with the reasons of all.
    pub fn find(settings: Settings) -> Result<Self, Error> {
        let wanted = |driver: &&&dyn Driver| {
            settings
                .name
                .as_ref()
                .is_none_or(|name| name == driver.name())
        };
        let mut reasons = Vec::new();
        for &driver in DRIVERS.iter().filter(wanted) {
            match greet(driver) {
                Ok(version) => return Ok(Self::new(driver, settings, version)),
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Err(Error::Engine(reason)) => reasons.push(format!("{}: {reason}", driver.name())),
                Err(Error::Build { .. }) => {}
            }
        }
        Err(Error::Engine(format!(
            "no engine that can build: {}",
            reasons.join("; ")
        )))
    }

    fn new(driver: &'static dyn Driver, settings: Settings, version: String) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            driver,
            settings,
            version,
            session: format!("{}-{:x}", process::id(), now.as_millis()),
            counter: AtomicUsize::new(0),
        }
    }

    /// Its name and version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Builds an image. `on_step` is told the name of each step that begins.
    ///
    /// # Errors
    /// When the build fails, or the engine does.
    pub fn build(
        &self,
        order: &Order<'_>,
        on_step: &mut dyn FnMut(&str),
    ) -> Result<Image<'_>, Error> {
        let order = Order {
            builder: self.settings.builder.as_deref(),
            ..*order
        };
        let mut image = Image {
            engine: self,
            tag: format!("localhost/{}:latest", self.name()),
            steps: Vec::new(),
            seconds: 0.0,
        };
        let started = Instant::now();
        let mut log = Log::default();
        let mut command = self.command(self.driver.build(&order, &image.tag));
        let said = run(
            &mut command,
            Limits::silent(self.settings.patience),
            &mut |line| {
                let known = log.steps.len();
                self.driver.read_line(&mut log, line);
                if let Some(step) = log.steps[known..].first() {
                    on_step(&step.name);
                }
            },
        );
        let said = said.map_err(|stop| self.stopped("the build", stop))?;
        if said.code != 0 {
            let text = said.out + &said.err;
            let missing_base = log::missing_base(&text).map(str::to_owned);
            return Err(Error::Build {
                missing_base,
                log: tail(&text),
            });
        }
        image.seconds = started.elapsed().as_secs_f64();
        image.steps = log.steps;
        Ok(image)
    }

    /// A name that nobody else has.
    fn name(&self) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("dfopt-prove-{}-{number}", self.session)
    }

    fn command(&self, arguments: Vec<OsString>) -> Command {
        let mut command = Command::new(self.driver.name());
        // Attestations turn an image into an index, which has neither layers nor a configuration.
        command
            .args(arguments)
            .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
        command
    }

    fn stopped(&self, what: &str, stop: Stop) -> Error {
        match stop {
            Stop::Interrupted => Error::Interrupted,
            Stop::Io(error) => Error::Engine(format!("{what}: {}: {error}", self.driver.name())),
            Stop::TooLong(limit) => Error::Engine(format!(
                "{what}: {} has said nothing for {} s (--engine-timeout)",
                self.driver.name(),
                limit.as_secs()
            )),
        }
    }

    /// What a command says that has to succeed.
    fn must(&self, what: &str, arguments: Vec<OsString>) -> Result<Said, Error> {
        let limits = Limits::total(self.settings.patience);
        let said = run(&mut self.command(arguments), limits, &mut |_| {});
        let said = said.map_err(|stop| self.stopped(what, stop))?;
        match said.code {
            0 => Ok(said),
            code => Err(Error::Engine(format!(
                "{what}: {} ends with {code}: {}",
                self.driver.name(),
                tail(&said.err)
            ))),
        }
    }

    /// Removes something, also after an interrupt. What is not there any more is no trouble.
    fn clean(&self, arguments: Vec<OsString>) {
        let limits = Limits {
            heedless: true,
            ..Limits::total(CLEANUP)
        };
        let _ = run(&mut self.command(arguments), limits, &mut |_| {});
    }
}

/// The name and the version of the engine of `driver`, if it answers.
fn greet(driver: &dyn Driver) -> Result<String, Error> {
    let mut version = String::new();
    for arguments in driver.version() {
        let mut command = Command::new(driver.name());
        let said = run(
            command.args(*arguments),
            Limits::total(GREETING),
            &mut |_| {},
        );
        let said = said.map_err(|stop| match stop {
            Stop::Interrupted => Error::Interrupted,
            Stop::Io(error) if error.kind() == ErrorKind::NotFound => {
                Error::Engine("is not installed".to_owned())
            }
            other => Error::Engine(other.to_string()),
        })?;
        if said.code != 0 {
            return Err(Error::Engine(tail(&(said.out + &said.err))));
        }
        if version.is_empty() {
            version = said
                .out
                .lines()
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
        }
    }
    let name = driver.name();
    let number = version
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    Ok(format!("{name} {}", number.unwrap_or(&version)))
}

impl Image<'_> {
    /// What the engine knows about it.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn inspect(&self) -> Result<Inspected, Error> {
        let engine = self.engine;
        let said = engine.must("looking at an image", engine.driver.inspect(&self.tag))?;
        let answer: Option<Value> = serde_json::from_str(&said.out).ok();
        let inspected = answer.and_then(|answer| engine.driver.inspected(&answer));
        inspected
            .ok_or_else(|| Error::Engine("its answer about an image is not understood".to_owned()))
    }

    /// Its file tree.
    ///
    /// # Errors
    /// When the engine fails, or what it writes is no tar.
    pub fn tree(&self) -> Result<Tree, Error> {
        let engine = self.engine;
        // It is never started, and images without CMD want a command.
        let container = self.container(&["dfopt".to_owned()])?;
        let arguments = tempfile::tempdir().and_then(|scratch| {
            let words = engine
                .driver
                .export(&container.name, &self.tag, scratch.path())?;
            Ok((scratch, words))
        });
        let (_scratch, words) = arguments.map_err(|error| engine.stopped(TREE, error.into()))?;
        let mut command = engine.command(words);
        let read = |out: &mut dyn Read| -> io::Result<Tree> { Tree::read(out) };
        let tree = stream(&mut command, Limits::silent(engine.settings.patience), read);
        tree.map_err(|stop| engine.stopped(TREE, stop))
    }

    /// Runs `command` behind `entry_point` to its end, no longer than `limit`. `None`: it did not end.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn run(
        &self,
        entry_point: &[String],
        command: &[String],
        limit: Duration,
    ) -> Result<Option<Said>, Error> {
        let engine = self.engine;
        let container = self.container(command)?;
        let words: Vec<String> = entry_point.iter().chain(command).cloned().collect();
        let mut program = engine.command(engine.driver.start(&container.name, &words));
        match run(&mut program, Limits::total(limit), &mut |_| {}) {
            Ok(said) => Ok(Some(said)),
            Err(Stop::TooLong(_)) => Ok(None),
            Err(stop) => Err(engine.stopped("running a command", stop)),
        }
    }

    fn container(&self, command: &[String]) -> Result<Container<'_>, Error> {
        let engine = self.engine;
        let container = Container {
            engine,
            name: engine.name(),
        };
        let arguments = engine.driver.create(&container.name, &self.tag, command);
        engine.must("making a container", arguments)?;
        Ok(container)
    }

    /// How many steps were not taken from the cache.
    #[must_use]
    pub fn steps_run(&self) -> usize {
        self.steps.iter().filter(|step| !step.cached).count()
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        self.engine
            .clean(self.engine.driver.remove_image(&self.tag));
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        self.engine.clean(self.engine.driver.remove(&self.name));
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.trim().lines().collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
}

/// Arguments from texts and paths.
fn arguments<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).into()
}

/// The arguments that all engines have in common: what to build, from where.
fn common(order: &Order<'_>, tag: &str) -> Vec<OsString> {
    let mut words = arguments(["--tag", tag, "--file"]);
    words.push(order.dockerfile.into());
    if order.afresh {
        words.push("--no-cache".into());
    }
    words.extend(
        order
            .target
            .map(|target| format!("--target={target}").into()),
    );
    words.extend(order.arguments.iter().map(OsString::from));
    words
}

//! An engine that answers.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{self, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::driver::Driver;
use super::{Error, Image, Log, Order, Settings, buildah, docker, log, podman};
use crate::prove::process::{Limits, Said, Stop, run};

/// All drivers, in the order in which they are tried.
const DRIVERS: [&dyn Driver; 3] = [&docker::Docker, &podman::Podman, &buildah::Buildah];

/// How long the removal of an image or a container may take.
const CLEANUP: Duration = Duration::from_secs(60);

/// How long an engine may take to say its version, unless the user has less patience.
const GREETING: Duration = Duration::from_secs(20);

/// How many lines of the log of a build that fails are shown.
const MOST_LINES: usize = 25;

/// An engine that answers.
pub struct Engine {
    pub(super) driver: &'static dyn Driver,
    pub(super) settings: Settings,
    version: String,
    session: String,
    counter: AtomicUsize,
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
            match greet(driver, settings.patience.min(GREETING)) {
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
    pub(super) fn name(&self) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("dfopt-prove-{}-{number}", self.session)
    }

    pub(super) fn command(&self, arguments: Vec<OsString>) -> Command {
        let mut command = Command::new(self.driver.name());
        // Attestations turn an image into an index, which has neither layers nor a configuration.
        command
            .args(arguments)
            .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
        command
    }

    pub(super) fn stopped(&self, what: &str, stop: Stop) -> Error {
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
    pub(super) fn must(&self, what: &str, arguments: Vec<OsString>) -> Result<Said, Error> {
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
    pub(super) fn clean(&self, arguments: Vec<OsString>) {
        let limits = Limits {
            heedless: true,
            ..Limits::total(CLEANUP)
        };
        let _ = run(&mut self.command(arguments), limits, &mut |_| {});
    }
}

/// The name and the version of the engine of `driver`, if it answers in time.
fn greet(driver: &dyn Driver, patience: Duration) -> Result<String, Error> {
    let mut version = String::new();
    for arguments in driver.version() {
        let mut command = Command::new(driver.name());
        let said = run(
            command.args(*arguments),
            Limits::total(patience),
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

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.trim().lines().collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
}

//! What an engine has made, and what can be learned about it.

use std::io::{self, Read};
use std::time::Duration;

use serde_json::Value;

use super::{Engine, Error, Inspected, Step};
use crate::prove::process::{Limits, Said, Stop, run, stream};
use crate::prove::tree::Tree;

/// What is being done when the files of an image are read, for messages.
const TREE: &str = "reading the files of an image";

/// An image that goes when it is dropped.
pub struct Image<'e> {
    pub(super) engine: &'e Engine,
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
        for command in self.engine.driver.remove(&self.name) {
            self.engine.clean(command);
        }
    }
}

//! What the terminal shows while a run takes long: a bar over all files, or what the proof of one is at.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use dfopt::prove;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that is done before this has passed shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a run has come.
pub(crate) struct Progress {
    began: Instant,
    done: u64,
    total: u64,
    is_wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A run over `total` files that begins now. Nothing is ever shown unless standard error is a terminal and `is_wanted`.
    pub(crate) fn new(total: usize, is_wanted: bool) -> Self {
        Self {
            began: Instant::now(),
            done: 0,
            total: total.try_into().unwrap_or(u64::MAX),
            is_wanted: is_wanted && io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// One more file is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.bar.is_none() && self.is_wanted && self.began.elapsed() > PATIENCE {
            self.bar = Some(bar(self.total));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    /// Does `write` while the bar is out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:32} {human_pos} of {human_len} files, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What the proof of one file is at. Where standard error is no terminal, a line for everything that begins.
pub(crate) struct Ticker {
    name: String,
    what: String,
    mode: Mode,
}

enum Mode {
    Silent,
    Lines,
    Live(ProgressBar),
}

impl Ticker {
    /// For the file that is called `name`.
    pub(crate) fn new(name: &str, is_wanted: bool) -> Self {
        Self {
            name: name.to_owned(),
            what: String::new(),
            mode: match (is_wanted, io::stderr().is_terminal()) {
                (false, _) => Mode::Silent,
                (true, false) => Mode::Lines,
                (true, true) => Mode::Live(spinner()),
            },
        }
    }
}

impl prove::Progress for Ticker {
    fn begin(&mut self, what: &str) {
        let Self { name, mode, .. } = self;
        match mode {
            Mode::Silent => {}
            // When standard error is closed, nobody wants to know.
            Mode::Lines => drop(writeln!(io::stderr(), "{name}: {what}")),
            Mode::Live(bar) => {
                bar.set_message(format!("{name}: {what}"));
                bar.reset_elapsed();
            }
        }
        what.clone_into(&mut self.what);
    }

    fn step(&mut self, step: &str) {
        if let Mode::Live(bar) = &self.mode {
            bar.set_message(format!("{}: {}  {step}", self.name, self.what));
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Mode::Live(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.enable_steady_tick(PATIENCE);
    match ProgressStyle::with_template("{elapsed:>4} {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

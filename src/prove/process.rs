//! Running other programs: never longer than allowed, and never longer than the user wants.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use super::interrupt;

/// How often a program that runs is looked at.
const PULSE: Duration = Duration::from_millis(30);

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How long a program may run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a sign of life: a line, or bytes of what it makes.
    pub silent: Duration,
    /// In all.
    pub total: Option<Duration>,
    /// Whether it runs on when the user interrupts: it cleans up.
    pub heedless: bool,
}

impl Limits {
    /// No longer than `total`, whatever it says.
    #[must_use]
    pub fn total(total: Duration) -> Self {
        Self {
            silent: total,
            total: Some(total),
            heedless: false,
        }
    }

    /// As long as it gives a sign of life every now and then.
    #[must_use]
    pub fn silent(silent: Duration) -> Self {
        Self {
            silent,
            total: None,
            heedless: false,
        }
    }
}

/// What a program said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output, decoded.
    pub out: String,
    /// Standard error, decoded.
    pub err: String,
}

/// `exit 1 ("the last line")`
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}{}", self.out, self.err);
        let line = text.trim().lines().last().unwrap_or_default();
        write!(f, "exit {} ({line:?})", self.code)
    }
}

/// Why a program did not come to its own end.
#[derive(Debug)]
pub enum Stop {
    /// It could not be started, or its output could not be read.
    Io(io::Error),
    /// The user has interrupted.
    Interrupted,
    /// It was silent, or ran, for too long.
    TooLong(Duration),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
            Self::TooLong(limit) => write!(f, "no answer after {} s", limit.as_secs()),
        }
    }
}

impl std::error::Error for Stop {}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs `command` to its end and hands each line that it prints, on either stream, to `on_line`.
///
/// # Errors
/// When it cannot be started, runs into a limit, or the user interrupts. Then it does not run any more.
pub fn run(
    command: &mut Command,
    limits: Limits,
    on_line: &mut dyn FnMut(&str),
) -> Result<Said, Stop> {
    let mut running = Running::start(command, limits)?;
    let (sender, lines) = mpsc::channel();
    for (stream, is_error) in [(running.take_out(), false), (running.take_err(), true)] {
        if let Some(stream) = stream {
            read_lines(stream, is_error, sender.clone());
        }
    }
    drop(sender);
    let mut said = Said::default();
    loop {
        match lines.recv_timeout(PULSE) {
            Ok((is_error, line)) => {
                running.shows_life();
                on_line(line.trim_end());
                let text = if is_error {
                    &mut said.err
                } else {
                    &mut said.out
                };
                text.push_str(&line);
            }
            // Somebody whom it has started may hold its output open.
            Err(RecvTimeoutError::Timeout) if running.is_stopped() => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    said.code = running.wait()?.code().unwrap_or(-1);
    Ok(said)
}

/// Runs `command` and hands its standard output to `consume` as it comes.
///
/// # Errors
/// As [`run`], and when it fails or `consume` does.
pub fn stream<T>(
    command: &mut Command,
    limits: Limits,
    consume: impl FnOnce(&mut dyn Read) -> io::Result<T>,
) -> Result<T, Stop> {
    let mut running = Running::start(command, limits)?;
    let (sender, lines) = mpsc::channel();
    if let Some(err) = running.take_err() {
        read_lines(err, true, sender);
    }
    let out = running.take_out();
    let mut out = Living {
        inner: BufReader::with_capacity(1 << 17, out.unwrap_or_else(|| Box::new(io::empty()))),
        watch: Arc::clone(&running.watch),
    };
    let consumed = consume(&mut out).and_then(|value| {
        // What a format leaves behind its end must be read, or the program never comes to its own.
        io::copy(&mut out, &mut io::sink())?;
        Ok(value)
    });
    if consumed.is_err() {
        running.watch.end(&mut running.watch.child());
    }
    let status = running.wait()?;
    if !status.success() && consumed.is_ok() {
        let said: String = lines.try_iter().map(|(_, line)| line).collect();
        return Err(Stop::Io(io::Error::other(said.trim().to_owned())));
    }
    consumed.map_err(Stop::Io)
}

/// Reads lines to the end. Bytes that are no UTF-8 are replaced.
fn read_lines(stream: Box<dyn Read + Send>, is_error: bool, sender: mpsc::Sender<(bool, String)>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            let text = String::from_utf8_lossy(&line).into_owned();
            if sender.send((is_error, text)).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// A program under watch.
struct Running {
    watch: Arc<Watch>,
    watchman: Option<JoinHandle<()>>,
}

/// What the program and its watchman share.
struct Watch {
    child: Mutex<Child>,
    limits: Limits,
    started: Instant,
    alive: Mutex<Instant>,
    over: AtomicBool,
    stopped: Mutex<Option<Stop>>,
}

impl Running {
    fn start(command: &mut Command, limits: Limits) -> Result<Self, Stop> {
        if interrupt::has_come() && !limits.heedless {
            return Err(Stop::Interrupted);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        own_group(command);
        let now = Instant::now();
        let watch = Arc::new(Watch {
            child: Mutex::new(command.spawn()?),
            limits,
            started: now,
            alive: Mutex::new(now),
            over: AtomicBool::new(false),
            stopped: Mutex::new(None),
        });
        let watched = Arc::clone(&watch);
        Ok(Self {
            watch,
            watchman: Some(thread::spawn(move || watched.keep())),
        })
    }

    fn take_out(&self) -> Option<Box<dyn Read + Send>> {
        let out = self.watch.child().stdout.take();
        out.map(|out| Box::new(out) as Box<dyn Read + Send>)
    }

    fn take_err(&self) -> Option<Box<dyn Read + Send>> {
        let err = self.watch.child().stderr.take();
        err.map(|err| Box::new(err) as Box<dyn Read + Send>)
    }

    /// Whether the watchman has ended it.
    fn is_stopped(&self) -> bool {
        locked(&self.watch.stopped).is_some() && !matches!(self.watch.child().try_wait(), Ok(None))
    }

    fn shows_life(&self) {
        *locked(&self.watch.alive) = Instant::now();
    }

    /// Waits for its end, or for that which the watchman makes.
    fn wait(&mut self) -> Result<ExitStatus, Stop> {
        let status = loop {
            if let Some(status) = self.watch.child().try_wait()? {
                break status;
            }
            sleep(PULSE / 3);
        };
        self.dismiss();
        match locked(&self.watch.stopped).take() {
            Some(stop) => Err(stop),
            None => Ok(status),
        }
    }

    fn dismiss(&mut self) {
        self.watch.over.store(true, Ordering::SeqCst);
        if let Some(watchman) = self.watchman.take() {
            let _ = watchman.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.dismiss();
        let mut child = self.watch.child();
        if let Ok(None) = child.try_wait() {
            self.watch.end(&mut child);
        }
    }
}

impl Watch {
    fn child(&self) -> MutexGuard<'_, Child> {
        locked(&self.child)
    }

    /// Ends the program when it may not run any longer.
    fn keep(&self) {
        while !self.over.load(Ordering::SeqCst) {
            if let Some(stop) = self.reason_to_stop() {
                let mut child = self.child();
                if let Ok(None) = child.try_wait() {
                    *locked(&self.stopped) = Some(stop);
                    self.end(&mut child);
                }
                return;
            }
            sleep(PULSE);
        }
    }

    fn reason_to_stop(&self) -> Option<Stop> {
        let Limits {
            silent,
            total,
            heedless,
        } = self.limits;
        if interrupt::has_come() && !heedless {
            return Some(Stop::Interrupted);
        }
        let exceeded = total.filter(|total| self.started.elapsed() > *total);
        let quiet = locked(&self.alive).elapsed() > silent;
        exceeded.or(quiet.then_some(silent)).map(Stop::TooLong)
    }

    /// Asks the program and all that it has started to end, and makes them end.
    fn end(&self, child: &mut Child) {
        let asked = Instant::now();
        signal_group(child, false);
        while asked.elapsed() < GRACE {
            if !matches!(child.try_wait(), Ok(None)) {
                break;
            }
            sleep(PULSE);
        }
        signal_group(child, true);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Output that tells the watchman that there is some.
struct Living {
    inner: BufReader<Box<dyn Read + Send>>,
    watch: Arc<Watch>,
}

impl Read for Living {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        *locked(&self.watch.alive) = Instant::now();
        Ok(read)
    }
}

/// The value behind a lock that nothing can leave half-written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the interrupt of the terminal from the program: it comes from here, and not to what cleans up.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(unix)]
fn signal_group(child: &Child, at_once: bool) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = if at_once { Signal::KILL } else { Signal::TERM };
    // Nobody may be left in the group.
    let _ = kill_process_group(Pid::from_child(child), signal);
}

#[cfg(not(unix))]
fn signal_group(_child: &Child, _at_once: bool) {}

//! Ctrl-C: noted, so that what is under way ends by itself and takes its images, containers and folders with it.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt (also `SIGTERM` and `SIGHUP`) ends no more than the work that is under way.
///
/// # Errors
/// When somebody else in this process listens already, or the system does not allow it.
pub fn listen() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))
}

/// Whether there has been an interrupt.
#[must_use]
pub fn has_come() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

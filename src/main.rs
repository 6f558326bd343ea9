//! The command `dfopt`: exit codes, broken pipes and the last word on errors.

mod built_from;
mod cli;
mod companions;
mod config;
mod discover;
mod files;
mod interactive;
mod job;
mod lsp;
mod parallel;
mod pinning;
mod progress;
mod proving;
mod rewrite;
mod run;
mod select;
mod show;
mod since;
mod write;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::run::Verdict;

/// Reading a Dockerfile makes many small allocations, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    match run::run(&args) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::WouldChange) => ExitCode::from(1),
        Ok(Verdict::Failed) => ExitCode::from(2),
        Ok(Verdict::Interrupted) => ExitCode::from(130),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let bad = args.error_palette().bad;
            // When standard error is gone as well, nobody is left to tell.
            let _ = writeln!(io::stderr(), "{bad}error{bad:#}: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the reader of our output went away: `dfopt | head` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

//! What is printed without rewriting anything: the transforms, their documentation, parses.

use std::io::{self, Write};

use clap::CommandFactory;
use dfopt::report::{Problem, write_problem};
use dfopt::transform::{Info, Preset, Runs};
use dfopt::{syntax, transforms};

use crate::cli::Args;
use crate::discover::Found;
use crate::run::Verdict;

/// `--list`: a line for each transform.
pub(crate) fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let width = transforms::ALL
        .iter()
        .map(|transform| transform.info().id.len())
        .max()
        .unwrap_or(0);
    for transform in transforms::ALL {
        let info = transform.info();
        writeln!(out, "{:width$}  {}{}", info.id, info.title, when_off(info))?;
    }
    Ok(())
}

/// Why a transform is off by default, and what switches it on.
fn when_off(info: &Info) -> String {
    let (presets, because) = match info.runs {
        Runs::ByDefault => return String::new(),
        Runs::WhenNamed { because } => return format!(" (only when it is named: {because})"),
        Runs::OnRequest { presets, because } => (presets, because),
    };
    let presets = presets.iter().chain([&Preset::All]);
    let presets: Vec<&str> = presets.map(|preset| preset.name()).collect();
    format!(
        " (off by default: {because}; --preset {})",
        presets.join("|")
    )
}

/// `--explain`: the documentation of one.
pub(crate) fn explain(doc: &str) -> io::Result<()> {
    io::stdout().write_all(doc.as_bytes())
}

/// `--completions`: what a shell reads to complete options.
pub(crate) fn completions(shell: clap_complete::Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut Args::command(),
        env!("CARGO_BIN_NAME"),
        &mut script,
    );
    io::stdout().write_all(&script)
}

/// `--man`: the manual, in the language of `man`.
pub(crate) fn man_page() -> io::Result<()> {
    clap_mangen::Man::new(Args::command()).render(&mut io::stdout().lock())
}

/// `--dump-ast`: the parse of each file, an object a line.
pub(crate) fn dump(args: &Args, found: &Found) -> io::Result<Verdict> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let palette = args.error_palette();
    let mut verdict = Verdict::Fine;
    let mut fail = |name: &str, problem: &Problem| {
        verdict = Verdict::Failed;
        // When standard error is closed, the exit code still tells.
        let _ = write_problem(&mut io::stderr(), &palette, name, "", problem);
    };
    for (path, problem) in &found.errors {
        fail(path, problem);
    }
    for source in &found.sources {
        match source.read() {
            Ok(text) => writeln!(
                out,
                "{}",
                syntax::dump(&source.name(), &syntax::parse(&text))
            )?,
            Err(problem) => fail(&source.name(), &problem),
        }
    }
    out.flush()?;
    Ok(verdict)
}

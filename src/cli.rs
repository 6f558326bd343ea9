//! The command line: arguments and nothing else.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use clap::{Parser, Subcommand, ValueEnum, builder::PossibleValue};
use dfopt::report::{Detail, Palette};
use dfopt::transform::{Preset, Safety};

/// Rewrites Dockerfiles the way an expert would, and says why.
///
/// Without --diff, --write or --check it prints what it would do and what it refused to do, and
/// changes nothing.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(subcommand_help_heading = EDITORS, subcommand_value_name = "COMMAND")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Files, or folders to search for Dockerfiles; `-` is standard input [default: .]
    ///
    /// In a folder, Dockerfile, Dockerfile.*, *.Dockerfile and Containerfile are found, except
    /// where .gitignore hides them.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Print unified diffs for `git apply` or `patch -p1`, and nothing else, on standard output
    #[arg(long, help_heading = MODES, conflicts_with_all = ["write", "format"])]
    pub(crate) diff: bool,

    /// Rewrite the files in place; with `-`, print the rewritten file on standard output
    #[arg(long, help_heading = MODES, conflicts_with = "check")]
    pub(crate) write: bool,

    /// Exit with 1 if anything would change
    #[arg(long, help_heading = MODES)]
    pub(crate) check: bool,

    /// Ask about each rewrite before it is written: y, n, a, d, q, and ? for help
    #[arg(short, long, help_heading = MODES, requires = "write", conflicts_with_all = ["format", "quiet"])]
    pub(crate) interactive: bool,

    /// Build before and after, compare the images, and take out what does not hold; with --write,
    /// write what is left
    #[arg(long, help_heading = MODES, conflicts_with_all = ["diff", "check", "dump_ast", "interactive"])]
    pub(crate) prove: bool,

    /// Review each file as a person would: what to change, which layers are built again, and what is left for
    /// you; --format html makes a page of it, and --prove adds what each rewrite saves
    #[arg(long, help_heading = MODES, conflicts_with_all = ["diff", "dump_ast", "interactive", "quiet"])]
    pub(crate) report: bool,

    /// Also name the digest that each image stands for in its registry today, below a comment `# dfopt: pinned`; bring
    /// such digests up to date. Uses the network, and the logins of `docker login`
    #[arg(long, help_heading = MODES, conflicts_with_all = ["prove", "interactive", "dump_ast"])]
    pub(crate) pin_digests: bool,

    #[command(flatten)]
    pub(crate) proof: ProofArgs,

    /// Keep a copy of each file that is changed, with SUFFIX behind its name [default: .orig]
    #[arg(long, value_name = "SUFFIX", help_heading = MODES, requires = "write", num_args = 0..=1,
        require_equals = true, default_missing_value = ".orig", value_parser = suffix)]
    pub(crate) backup: Option<String>,

    /// Also take the files in this list, one a line or between NULs; `-` is standard input
    #[arg(long, value_name = "FILE", help_heading = FILES)]
    pub(crate) files_from: Option<PathBuf>,

    /// Leave out what a pattern of .gitignore hides, from the current folder; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = FILES)]
    pub(crate) exclude: Vec<String>,

    /// Take only files that changed since the current branch and this Git revision parted
    ///
    /// Uncommitted and untracked files count, and so does an ignore file beside a Dockerfile. Other files of the
    /// build context do not: who bumps a dependency is not asked to mend the Dockerfile.
    #[arg(long, value_name = "REV", help_heading = FILES)]
    pub(crate) since: Option<String>,

    /// Run only these transforms
    #[arg(long, value_name = "ID,…", value_delimiter = ',', help_heading = REWRITES, global = true)]
    pub(crate) only: Vec<String>,

    /// Do not run these transforms
    #[arg(long, value_name = "ID,…", value_delimiter = ',', help_heading = REWRITES, global = true)]
    pub(crate) skip: Vec<String>,

    /// Run the transforms for this goal as well, besides those that run by default
    #[arg(long, value_name = "GOAL", help_heading = REWRITES, global = true, conflicts_with = "only")]
    pub(crate) preset: Option<PresetName>,

    /// Apply rewrites that can be trusted this far [default: assumed]
    #[arg(long, value_name = "LEVEL", help_heading = REWRITES, global = true)]
    pub(crate) safety: Option<SafetyLevel>,

    /// The build context [default: what a Compose or bake file, CI or a script beside or above the
    /// Dockerfile names, else the folder of the Dockerfile, or one above it that alone has what is copied;
    /// none for `-`, and where there is nothing but Dockerfiles]
    #[arg(long, value_name = "DIR", help_heading = REWRITES)]
    pub(crate) context: Option<PathBuf>,

    /// The configuration [default: dfopt.toml in the folder of the Dockerfile or above it]
    #[arg(long, value_name = "FILE", help_heading = REWRITES, global = true)]
    pub(crate) config: Option<PathBuf>,

    /// The form of the report
    #[arg(long, value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: Format,

    /// Print one line a rewrite, no refusals and no summary
    #[arg(short, long, help_heading = OUTPUT, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Give the reasons of refusals, and list what a lower --safety would do
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) verbose: bool,

    /// When to use colour; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", default_value_t, help_heading = OUTPUT)]
    pub(crate) color: clap::ColorChoice,

    /// How many files to work on at a time [default: the number of processors]
    #[arg(short, long, value_name = "N", help_heading = OUTPUT)]
    jobs: Option<NonZeroUsize>,

    /// Print the parse of each file as a JSON object, in BuildKit's terms
    #[arg(long, help_heading = HELP, conflicts_with_all = ["diff", "write", "check"])]
    pub(crate) dump_ast: bool,

    /// List the transforms
    #[arg(long, help_heading = HELP, exclusive = true)]
    pub(crate) list: bool,

    /// Print the documentation of a transform
    #[arg(long, value_name = "ID", help_heading = HELP)]
    pub(crate) explain: Option<String>,

    /// Print the script that completes the options of dfopt in a shell
    #[arg(long, value_name = "SHELL", help_heading = HELP, exclusive = true)]
    pub(crate) completions: Option<clap_complete::Shell>,

    /// Print the man page, for `man -l -`
    #[arg(long, help_heading = HELP, exclusive = true)]
    pub(crate) man: bool,
}

/// What is no run over files. Only the first word can be one: `./lsp` is a file or folder of that name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve an editor over standard input and output, as its language server for Dockerfiles
    Lsp {
        /// What some editors say of their own accord; there is no other way
        #[arg(long, hide = true)]
        stdio: bool,
    },
}

/// How `--prove` builds and runs.
#[derive(Debug, clap::Args)]
pub(crate) struct ProofArgs {
    /// What builds and runs [default: the first of docker, podman and buildah that answers]
    #[arg(long, value_name = "NAME", value_parser = ["docker", "podman", "buildah"], requires = "prove",
        help_heading = PROOF)]
    pub(crate) engine: Option<String>,

    /// The builder of docker buildx, which may be remote
    #[arg(long, value_name = "NAME", requires = "prove", help_heading = PROOF)]
    pub(crate) builder: Option<String>,

    /// The stage to build [default: the last one]
    #[arg(long, value_name = "STAGE", requires = "prove", help_heading = PROOF)]
    pub(crate) target: Option<String>,

    /// A build argument; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]", requires = "prove", help_heading = PROOF)]
    pub(crate) build_arg: Vec<String>,

    /// A command that has to do the same in containers of both images; may be repeated
    #[arg(long, value_name = "CMD", requires = "prove", help_heading = PROOF)]
    pub(crate) smoke: Vec<String>,

    /// How long such a command may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "prove", help_heading = PROOF)]
    pub(crate) smoke_timeout: u64,

    /// Start both images as they are: they have to run for so long, or to end with the same code
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "5", require_equals = true,
        requires = "prove", help_heading = PROOF)]
    pub(crate) start: Option<u64>,

    /// The source file that changes before the second build, from the root of the build context
    /// [default: one that looks like source]
    #[arg(long, value_name = "FILE", requires = "prove", help_heading = PROOF)]
    pub(crate) change: Option<String>,

    /// How long the engine may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = 600, requires = "prove", help_heading = PROOF)]
    pub(crate) engine_timeout: u64,

    /// A further option of the build, such as `--secret=id=token,src=token.txt`; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, requires = "prove", help_heading = PROOF)]
    pub(crate) build_option: Vec<String>,
}

const MODES: &str = "What to do";
const PROOF: &str = "Proof by builds";
const FILES: &str = "Which files";
const REWRITES: &str = "Which rewrites";
const OUTPUT: &str = "Output";
const HELP: &str = "Documentation";
const EDITORS: &str = "For editors";

const EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 --check found something to change, 2 an error or a rewrite that
--prove did not prove, 130 --prove was interrupted.
Messages go to standard error.";

impl Args {
    /// Whether a review is wanted: a page is always one.
    pub(crate) fn is_review(&self) -> bool {
        self.report || self.format == Format::Html
    }

    /// How many threads work.
    pub(crate) fn jobs(&self) -> NonZeroUsize {
        if self.interactive {
            return NonZeroUsize::MIN;
        }
        let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        // A proof is measured, and an engine uses all processors itself.
        let alone = self.prove.then_some(NonZeroUsize::MIN);
        alone.or(self.jobs).unwrap_or_else(processors)
    }

    /// How much the report says.
    pub(crate) fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Brief,
            (false, true) => Detail::Full,
            (false, false) => Detail::Normal,
        }
    }

    /// The colours of standard output.
    pub(crate) fn output_palette(&self) -> Palette {
        self.palette(&io::stdout())
    }

    /// The colours of standard error.
    pub(crate) fn error_palette(&self) -> Palette {
        self.palette(&io::stderr())
    }

    fn palette(&self, stream: &impl RawStream) -> Palette {
        let choice = match self.color {
            clap::ColorChoice::Auto => AutoStream::choice(stream),
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Palette::new(choice != ColorChoice::Never)
    }
}

/// The end of the name of a copy: something, within the folder.
fn suffix(text: &str) -> Result<String, String> {
    match text {
        "" => Err("a copy needs another name".to_owned()),
        text if text.contains(['/', '\\']) => Err("a copy stays in the folder".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The form of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: one document with rewrites, edits, evidence and refusals (docs/schema/report-1.json)
    Json,
    /// SARIF 2.1.0, with fixes, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// The diagnostics of reviewdog, with suggestions
    Rdjson,
    /// The review of --report as a page that needs nothing else
    Html,
}

/// [`Safety`] as an argument: the library does not know of clap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SafetyLevel(pub(crate) Safety);

impl ValueEnum for SafetyLevel {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Safety::Safe),
            Self(Safety::Assumed),
            Self(Safety::Unsafe),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self.0 {
            Safety::Safe => PossibleValue::new("safe").help("Proven: the image stays the same"),
            Safety::Assumed => PossibleValue::new("assumed")
                .help("The same if the assumptions that are printed hold"),
            Safety::Unsafe => PossibleValue::new("unsafe")
                .help("Changes what is shipped or how it runs, by intent"),
        })
    }
}

/// [`Preset`] as an argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PresetName(pub(crate) Preset);

impl ValueEnum for PresetName {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Preset::Ci),
            Self(Preset::Size),
            Self(Preset::Security),
            Self(Preset::All),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Preset::Ci => "Fast builds on machines that build again and again",
            Preset::Size => "Small images",
            Preset::Security => "Little for who breaks in, and builds that leak nothing",
            Preset::All => "Every transform that there is",
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }
}

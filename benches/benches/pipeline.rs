//! How fast files are planned and diffed, from text to unified diff, and that huge files take time
//! in proportion to their length.
//!
//! The corpus is not part of the repository: `DFOPT_SHARED` names the folder that holds it,
//! `../shared` is the default.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::LazyLock;

use dfopt::context::BuildContext;
use dfopt::engine::{self, Options, Outcome};
use dfopt::knowledge::Knowledge;
use dfopt::report::{Hidden, Palette, covered};
use dfopt::syntax::shell;
use dfopt::transform::Safety;
use dfopt::transforms;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    if CORPUS.is_empty() {
        println!("SKIPPED: plan_and_diff: no corpus (set DFOPT_SHARED)");
    }
    // Reading the tables is a matter of the start, not of a file.
    let _ = Knowledge::builtin();
    divan::main();
}

/// All files that are text, whether BuildKit accepts them or not.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("DFOPT_SHARED").map_or_else(default, Into::into);
    let Ok(folder) = fs::read_dir(shared.join("corpus/dockerfiles")) else {
        return Vec::new();
    };
    let text = |entry: Result<fs::DirEntry, _>| fs::read_to_string(entry.ok()?.path()).ok();
    folder.filter_map(text).collect()
});

fn optimize(text: &str, context: Option<&BuildContext>) -> Outcome {
    let options = Options {
        transforms: transforms::by_default(),
        safety: Safety::Assumed,
        knowledge: Knowledge::builtin(),
        context,
        without: &[],
        proven_by_builds: false,
    };
    engine::optimize(text, &options)
}

fn plan_and_write_diff(text: &str) {
    let outcome = optimize(text, None);
    let (sink, palette, hidden) = (&mut io::sink(), Palette::default(), Hidden::default());
    let texts = (text, &*outcome.text);
    covered(sink, &palette, "Dockerfile", texts, &hidden).expect("a sink takes all");
}

/// What `dfopt --diff` does with each file, one after the other.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn plan_and_diff(bencher: Bencher<'_, '_>) {
    let counter = ItemsCount::new(CORPUS.len());
    bencher.counter(counter).bench(|| {
        CORPUS
            .iter()
            .for_each(|text| plan_and_write_diff(black_box(text)))
    });
}

/// A file of twice, four, eight … times as many instructions: the throughput has to stay.
#[divan::bench(args = [1_000, 2_000, 4_000, 8_000, 16_000, 100_000], sample_count = 3, sample_size = 1)]
fn instructions(bencher: Bencher<'_, '_>, count: usize) {
    let lines = "RUN apt-get update && apt-get install -y curl\nENV A=b\nCOPY a b\nUSER app\n";
    let text = format!("FROM debian\n{}", lines.repeat(count / 4));
    let counter = ItemsCount::new(count);
    bencher
        .counter(counter)
        .bench(|| plan_and_write_diff(black_box(&text)));
}

/// A single `RUN` of ever more commands.
#[divan::bench(args = [1_000, 2_000, 4_000, 8_000, 16_000, 100_000], sample_count = 3, sample_size = 1)]
fn commands(bencher: Bencher<'_, '_>, count: usize) {
    let text = format!("FROM debian\nRUN a{}\n", " \\\n && make $(b)".repeat(count));
    let counter = ItemsCount::new(count);
    bencher
        .counter(counter)
        .bench(|| plan_and_write_diff(black_box(&text)));
}

/// A script that nests ever deeper: what lies too deep is given up, in one pass.
#[divan::bench(args = [10, 100, 1_000, 10_000, 100_000], sample_count = 3, sample_size = 1)]
fn nesting(bencher: Bencher<'_, '_>, levels: usize) {
    let script = "( ".repeat(levels) + "a" + &" )".repeat(levels);
    let counter = BytesCount::new(script.len());
    bencher
        .counter(counter)
        .bench(|| shell::parse(black_box(&script)).is_ok());
}

/// A project with ever more sources, each of a few hundred lines, which are all looked through: from opening the folder on.
#[divan::bench(args = [50, 100, 200, 400], sample_count = 3, sample_size = 1)]
fn sources(bencher: Bencher<'_, '_>, count: usize) {
    let folder = std::env::temp_dir().join(format!("dfopt-sources-{count}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    let source = "def tea(request, cups):\n    found = [x for x in cups if x > 1]\n    return {\"cups\": found}\n\n";
    for nth in 0..count {
        let path = folder.join(format!("part{nth}.py"));
        fs::write(path, source.repeat(60)).expect("a file");
    }
    fs::write(folder.join("requirements.txt"), "flask==3.0\n").expect("a file");
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"part0.py\"]\n";
    let counter = ItemsCount::new(count);
    bencher.counter(counter).bench(|| {
        let context = BuildContext::open(black_box(&folder), None).expect("a build context");
        optimize(text, Some(&context)).text.len()
    });
    fs::remove_dir_all(folder).expect("it is ours");
}

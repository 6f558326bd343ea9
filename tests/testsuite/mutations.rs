//! The verifier catches wrong rewrites.
//!
//! The rewrites of all cases are made wrong, one fault at a time: a line or a command gone or twice, two lines
//! swapped, another user, another value. The verifier, which is told what the right rewrite declares, has to notice.
//!
//! A fault may make no difference, as two labels that are swapped or a cleanup that is gone; so of some kinds of
//! faults only a share has to be caught, and `cargo test --test testsuite mutations -- --nocapture` shows what is not.
//! What the verifier cannot know is what only the tables or the context tell: whether a builder's files that are
//! copied are all that the program needs (`COPY --from`, its destination, the owner that a copy gained), and whether
//! a copy that was put in front of an install brings all manifests of a workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dfopt::analysis::Facts;
use dfopt::engine::Entry;
use dfopt::knowledge::Knowledge;
use dfopt::syntax::{self, Dockerfile, Keyword, Kind, Span};
use dfopt::transform::Cx;
use dfopt::verify;

use super::cases;

/// A way to make a rewrite wrong.
struct Fault {
    name: &'static str,
    /// The least share of them, in percent, that has to be caught.
    least: usize,
    /// The wrong texts that it makes of a right one.
    make: fn(&Facts<'_>) -> Vec<String>,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "a RUN is gone",
        least: 100,
        make: |facts| gone(facts, |kind| matches!(kind, Kind::Run { .. })),
    },
    Fault {
        name: "a copy is gone",
        least: 80,
        make: |facts| gone(facts, |kind| matches!(kind, Kind::Copy(_) | Kind::Add(_))),
    },
    Fault {
        name: "an ENV is gone",
        least: 90,
        make: |facts| gone(facts, |kind| matches!(kind, Kind::Env { .. })),
    },
    Fault {
        name: "a WORKDIR is gone",
        least: 100,
        make: |facts| gone(facts, |kind| matches!(kind, Kind::Workdir(_))),
    },
    Fault {
        name: "any other instruction is gone",
        least: 99,
        make: |facts| gone(facts, is_configuration),
    },
    Fault {
        name: "a RUN is there twice",
        least: 100,
        make: |facts| twice(facts, |kind| matches!(kind, Kind::Run { .. })),
    },
    Fault {
        name: "a stage has another base",
        least: 100,
        make: |facts| behind_first_word(facts, Keyword::From, "-other"),
    },
    Fault {
        name: "a command is gone",
        least: 95,
        make: lost_command,
    },
    Fault {
        name: "a failure goes on",
        least: 99,
        make: failure_goes_on,
    },
    Fault {
        name: "a RUN has another user",
        least: 100,
        make: |facts| before_runs(facts, "USER nobody"),
    },
    Fault {
        name: "a RUN works elsewhere",
        least: 100,
        make: |facts| before_runs(facts, "WORKDIR /elsewhere"),
    },
    Fault {
        name: "a RUN has another variable",
        least: 100,
        make: |facts| before_runs(facts, "ENV CFLAGS=-O0"),
    },
    Fault {
        name: "a RUN has another argument",
        least: 100,
        make: |facts| before_runs(facts, "ARG CFLAGS=-O0"),
    },
    Fault {
        name: "a RUN has another shell",
        least: 100,
        make: |facts| before_runs(facts, "SHELL [\"/bin/bash\", \"-c\"]"),
    },
    Fault {
        name: "another value",
        least: 100,
        make: |facts| behind_last_word(facts, Keyword::Env, "x"),
    },
    Fault {
        name: "another command to start",
        least: 100,
        make: |facts| behind_first_word(facts, Keyword::Cmd, " x"),
    },
    Fault {
        name: "another destination",
        least: 75,
        make: |facts| behind_last_word(facts, Keyword::Copy, "x"),
    },
    Fault {
        name: "another package",
        least: 100,
        make: other_package,
    },
    Fault {
        name: "a flag is gone",
        least: 60,
        make: lost_flag,
    },
    Fault {
        name: "two steps are swapped",
        least: 50,
        make: swapped,
    },
    Fault {
        name: "the lists are removed first",
        least: 95,
        make: lists_removed_first,
    },
    Fault {
        name: "a comment is gone",
        least: 100,
        make: lost_comment,
    },
];

/// Instructions that only say something of the finished image.
fn is_configuration(kind: &Kind<'_>) -> bool {
    !matches!(
        kind,
        Kind::Run { .. }
            | Kind::Copy(_)
            | Kind::Add(_)
            | Kind::Env { .. }
            | Kind::Workdir(_)
            | Kind::Arg { .. }
            | Kind::From { .. }
    )
}

fn replaced(file: &Dockerfile<'_>, span: Span, new: &str) -> String {
    let text = file.text();
    format!("{}{new}{}", &text[..span.start], &text[span.end..])
}

/// The instructions of this kind, in stages.
fn of_kind(facts: &Facts<'_>, wanted: impl Fn(&Kind<'_>) -> bool) -> Vec<usize> {
    let in_stages = facts.stages.iter().flat_map(|stage| stage.body.clone());
    in_stages
        .filter(|&at| wanted(&facts.views[at].kind))
        .collect()
}

fn gone(facts: &Facts<'_>, wanted: fn(&Kind<'_>) -> bool) -> Vec<String> {
    let spans = of_kind(facts, wanted).into_iter();
    let spans = spans.map(|at| facts.file.instructions()[at].full);
    spans.map(|span| replaced(facts.file, span, "")).collect()
}

fn twice(facts: &Facts<'_>, wanted: fn(&Kind<'_>) -> bool) -> Vec<String> {
    let again = |at: usize| {
        let full = facts.file.instructions()[at].full;
        let line = full.text(facts.file.text());
        replaced(facts.file, Span::at(full.start), line)
    };
    let does = |at: &usize| {
        let steps = facts.runs[*at].as_ref().map(|run| &run.steps);
        steps.is_some_and(|steps| steps.iter().any(|step| step.invocation.is_none()))
    };
    let runs = of_kind(facts, wanted).into_iter().filter(does);
    runs.map(again).collect()
}

fn before_runs(facts: &Facts<'_>, line: &str) -> Vec<String> {
    let insert = |at: usize| {
        let start = facts.file.instructions()[at].full.start;
        replaced(facts.file, Span::at(start), &format!("{line}\n"))
    };
    let runs = of_kind(facts, |kind| matches!(kind, Kind::Run { .. }));
    runs.into_iter().map(insert).collect()
}

/// The instructions with this keyword, and the spans of their arguments in the source.
fn arguments(facts: &Facts<'_>, keyword: Keyword) -> Vec<Span> {
    let views = facts.views.iter().enumerate();
    let views = views.filter(|(_, view)| view.keyword == keyword);
    views
        .map(|(at, view)| facts.source(at, view.body))
        .collect()
}

fn behind_last_word(facts: &Facts<'_>, keyword: Keyword, new: &str) -> Vec<String> {
    let ends = arguments(facts, keyword).into_iter().map(|span| span.end);
    let plain = ends.filter(|&end| !facts.file.text()[..end].ends_with(['"', ']', '\'']));
    plain
        .map(|end| replaced(facts.file, Span::at(end), new))
        .collect()
}

fn behind_first_word(facts: &Facts<'_>, keyword: Keyword, new: &str) -> Vec<String> {
    let text = facts.file.text();
    let spans = arguments(facts, keyword).into_iter();
    let end = |span: Span| {
        let word = span
            .text(text)
            .split_whitespace()
            .next()
            .unwrap_or_default();
        Span::at(span.start + word.len())
    };
    let last = |at: &Span| {
        // Of several CMDs the last one counts.
        keyword != Keyword::Cmd || !text[at.start..].contains("\nCMD")
    };
    let ends = spans.map(end).filter(last);
    ends.map(|at| replaced(facts.file, at, new)).collect()
}

fn lost_command(facts: &Facts<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for (at, run) in facts.runs.iter().enumerate() {
        let steps = run.as_ref().and_then(|run| run.and_list());
        for pair in steps.unwrap_or_default().windows(2) {
            let (first, second) = (
                facts.source(at, pair[0].span),
                facts.source(at, pair[1].span),
            );
            let cleans = pair[1]
                .span
                .text(&facts.views[at].logical.text)
                .starts_with("rm ");
            if !cleans {
                texts.push(replaced(facts.file, Span::new(first.end, second.end), ""));
            }
        }
    }
    texts
}

fn failure_goes_on(facts: &Facts<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for (at, run) in facts.runs.iter().enumerate() {
        let steps = run
            .as_ref()
            .and_then(|run| run.and_list())
            .unwrap_or_default();
        for pair in steps.windows(2) {
            let gap = facts.source(at, Span::new(pair[0].span.end, pair[1].span.start));
            let between = gap.text(facts.file.text());
            texts.push(replaced(facts.file, gap, &between.replacen("&&", ";", 1)));
        }
    }
    texts
}

fn other_package(facts: &Facts<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for (at, run) in facts.runs.iter().enumerate() {
        let steps = run
            .iter()
            .flat_map(|run| run.and_list().unwrap_or_default());
        for step in steps {
            let does = step.does().map(|does| format!("{does:?}"));
            let Some(call) = step
                .invocation
                .as_ref()
                .filter(|_| does.as_deref() == Some("InstallPackages"))
            else {
                continue;
            };
            let words = call
                .operands
                .iter()
                .map(|&word| facts.source(at, step.args[word].span));
            texts.extend(words.map(|word| replaced(facts.file, Span::at(word.end), "-x")));
        }
    }
    texts
}

fn lost_flag(facts: &Facts<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for (at, view) in facts.views.iter().enumerate() {
        for flag in &view.flags {
            texts.push(replaced(facts.file, facts.source(at, flag.span), ""));
        }
    }
    texts
}

/// Neighbours of which one changes files and the other files or the state of the builder.
fn swapped(facts: &Facts<'_>) -> Vec<String> {
    let text = facts.file.text();
    let matters = |at: usize| !is_configuration(&facts.views[at].kind);
    let mut texts = Vec::new();
    for stage in &facts.stages {
        for first in stage.body.clone() {
            if first + 1 >= stage.body.end || !matters(first) || !matters(first + 1) {
                continue;
            }
            let (one, two) = (facts.block(first), facts.block(first + 1));
            let lines = |span: Span| {
                let text = span.text(text);
                if text.ends_with('\n') {
                    text.to_owned()
                } else {
                    format!("{text}\n")
                }
            };
            texts.push(replaced(
                facts.file,
                one.cover(two),
                &(lines(two) + &lines(one)),
            ));
        }
    }
    texts
}

fn lists_removed_first(facts: &Facts<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for (at, run) in facts.runs.iter().enumerate() {
        let steps = run
            .iter()
            .flat_map(|run| run.and_list().unwrap_or_default());
        let installs = steps.filter(|step| {
            let words: Vec<&str> = step.args.iter().take(2).map(|arg| arg.known()).collect();
            words == ["apt-get", "install"]
        });
        for step in installs {
            let start = facts.source(at, step.span).start;
            texts.push(replaced(
                facts.file,
                Span::at(start),
                "rm -rf /var/lib/apt/lists/* && ",
            ));
        }
    }
    texts
}

fn lost_comment(facts: &Facts<'_>) -> Vec<String> {
    let comments = (0..facts.views.len()).filter_map(|at| facts.file.leading_comments(at));
    comments
        .map(|span| replaced(facts.file, span, ""))
        .collect()
}

/// How many faults of one kind were made and caught, and where one was not.
#[derive(Default)]
struct Tally {
    made: usize,
    missed: Vec<String>,
}

fn inflict(entry: &Entry, right: &str, case: &Path, tallies: &mut BTreeMap<&'static str, Tally>) {
    let knowledge = Knowledge::builtin();
    let before = syntax::parse(&entry.before);
    let context = cases::context(case);
    let old = Cx {
        file: &before,
        facts: &Facts::new(&before, knowledge),
        knowledge,
        context: context.as_ref(),
        added: &[],
    };
    let name = case.file_name().unwrap().display();
    assert_eq!(verify::check(&old, right, &entry.rewrite), [], "{name}");
    let after = syntax::parse(right);
    let facts = Facts::new(&after, knowledge);
    for fault in FAULTS {
        let tally = tallies.entry(fault.name).or_default();
        for wrong in (fault.make)(&facts) {
            if wrong == right {
                continue;
            }
            tally.made += 1;
            if verify::check(&old, &wrong, &entry.rewrite).is_empty() {
                let diff = similar::TextDiff::from_lines(right, &wrong);
                tally
                    .missed
                    .push(format!("{name}\n{}", diff.unified_diff().context_radius(1)));
            }
        }
    }
}

#[test]
fn wrong_rewrites_are_caught() {
    let mut tallies = BTreeMap::new();
    for (case, transforms) in cases::all() {
        let text = fs::read_to_string(case.join("Dockerfile")).unwrap();
        let outcome = cases::optimize(&text, &case, &transforms);
        if let Some(last) = outcome.journal.last() {
            inflict(last, &outcome.text, &case, &mut tallies);
        }
    }
    let mut failures = Vec::new();
    for fault in FAULTS {
        let tally = &tallies[fault.name];
        let caught = tally.made - tally.missed.len();
        println!("{:32} {caught:>5} of {:>5} caught", fault.name, tally.made);
        for missed in &tally.missed {
            println!("    not caught: {}", missed.replace('\n', "\n    "));
        }
        if tally.made == 0 || caught * 100 < fault.least * tally.made {
            failures.push(fault.name);
        }
    }
    assert!(
        failures.is_empty(),
        "not caught often enough: {}",
        failures.join(", ")
    );
}

//! Properties that hold for every text.
//!
//! `cargo test` tries the same texts each time, so that a failure belongs to the change that it stopped. Others are
//! tried with `DFOPT_RANDOM_CASES=20000 cargo test --release --test testsuite properties`: so many of each property. A
//! failure prints the text, which then belongs into `findings`.

use dfopt::syntax::{Kind, Span, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::invariants::{dockerfile, pipeline, recipes};

/// Pieces that Dockerfiles, and mistakes in them, are made of.
const PIECES: &[&str] = &[
    "FROM a",
    "RUN x",
    "COPY a b",
    "ENV a=b",
    "CMD [\"a\"]",
    "ONBUILD ",
    "HEALTHCHECK CMD x",
    "ARG a",
    "# c",
    "# escape=`",
    "\\",
    "`",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\u{a0}",
    "\u{feff}",
    "é",
    "\0",
    "<<E",
    "<<-'E'",
    "E",
    "<<",
    "'",
    "\"",
    "[",
    "]",
    "\"a\"",
    ",",
    "{",
    "}",
    "--x=1",
    "--",
    "$a",
    "${a:-b}",
    "${",
    "=",
    "a=b",
    "\\\n",
    "\\ \n",
    "\n\n",
    "\n#\n",
    "RUN <<E\nx\nE\n",
];

fn soup() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|all| all.concat()),
        any::<String>(),
    ]
}

/// So many cases of a fixed seed, or as many random ones as the environment asks for.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    match std::env::var("DFOPT_RANDOM_CASES") {
        Ok(cases) => ProptestConfig {
            cases: cases.parse().expect("a number in DFOPT_RANDOM_CASES"),
            ..default
        },
        Err(_) => ProptestConfig {
            cases,
            rng_seed: RngSeed::Fixed(3),
            ..default
        },
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn every_text_can_be_read(text in soup()) {
        dockerfile::check(&text);
    }

    #[test]
    fn every_recipe_can_be_read(choices in any::<Vec<u8>>()) {
        dockerfile::check(&recipes::dockerfile(&choices));
    }

    #[test]
    fn a_view_is_invalid_exactly_where_buildkit_complains(text in soup()) {
        let file = parse(&text);
        let instruction_errors = file.instruction_errors();
        // These are about the file or the lines below, not about what an instruction says.
        let others = ["no build stage", "unterminated heredoc", "file with no", "only one", "invalid escape", "failed"];
        let complaints: Vec<Span> = file
            .errors()
            .iter()
            .chain(instruction_errors)
            .filter(|error| !others.iter().any(|other| error.message.starts_with(other)))
            .map(|error| error.span)
            .collect();
        for (index, instruction) in file.instructions().iter().enumerate() {
            let complained = complaints.iter().any(|span| instruction.full.contains(*span) && span.start < instruction.full.end);
            let invalid = file.view(index).kind == Kind::Invalid;
            prop_assert_eq!(invalid, complained, "{:?}", instruction.full.text(&text));
        }
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_pipeline_keeps_its_promises(choices in prop::collection::vec(any::<u8>(), 0..120)) {
        pipeline::check(&recipes::dockerfile(&choices));
    }

    #[test]
    fn the_pipeline_keeps_its_promises_in_a_soup(text in soup()) {
        pipeline::check(&text);
    }
}

mod large {
    use super::*;

    #[test]
    fn a_hundred_thousand_instructions() {
        let text = "RUN x\n".repeat(100_000);
        let file = parse(&text);
        assert_eq!(file.instructions().len(), 100_000);
        assert_eq!(file.line_col(text.len()), (100_001, 1));
    }

    #[test]
    fn one_instruction_of_a_hundred_thousand_lines() {
        let text = format!("RUN x{}", " \\\n# c\n  y".repeat(100_000));
        let logical = parse(&text).logical(0).clone();
        assert_eq!(logical.text.len(), 5 + 4 * 100_000);
        assert_eq!(
            logical.source(Span::at(logical.text.len())).start,
            text.len()
        );
    }

    #[test]
    fn deep_nesting_of_everything_that_nests() {
        let deep = |piece: &str| piece.repeat(100_000);
        for line in [
            format!("CMD [\"a\", {}", deep("[")),
            format!("CMD {}", deep("[{\"a\":")),
            deep("ONBUILD "),
            format!("RUN <<{}", deep("${a:-")),
            format!("RUN {}", deep("<<E ")),
            format!("ENV {}", deep("a=b ")),
            format!("COPY {}", deep("--x ")),
        ] {
            let file = parse(&line);
            let _ = (file.view(0), file.errors(), file.instruction_errors());
        }
    }
}

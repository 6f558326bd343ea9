//! Properties that hold for every text.

use dfopt::syntax::{Dockerfile, Kind, Span, View, dump, parse};
use proptest::prelude::*;

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_tile_the_text(text in soup()) {
        let file = parse(&text);
        let mut end = 0;
        for token in file.tokens() {
            prop_assert_eq!(token.span.start, end);
            prop_assert!(!token.span.is_empty());
            end = token.span.end;
        }
        prop_assert_eq!(end, text.len());
        prop_assert_eq!(file.to_string(), text.as_str());
    }

    #[test]
    fn instructions_are_disjoint_whole_lines(text in soup()) {
        let file = parse(&text);
        let (mut end, mut end_token, mut end_line) = (0, 0, 0);
        for instruction in file.instructions() {
            prop_assert!(end <= instruction.full.start && end_token <= instruction.tokens.start);
            prop_assert!(end_line < instruction.start_line);
            prop_assert!(instruction.full.contains(instruction.span));
            prop_assert!(instruction.span.contains(instruction.keyword_span));
            let (line, _) = file.line_col(instruction.full.start);
            prop_assert_eq!(line, instruction.start_line);
            end = instruction.full.end;
            end_token = instruction.tokens.end;
            end_line = instruction.end_line;
        }
    }

    #[test]
    fn every_span_can_be_cut_out(text in soup()) {
        let file = parse(&text);
        for error in file.errors().iter().chain(&file.instruction_errors()) {
            let _ = error.span.text(&text);
        }
        for (index, instruction) in file.instructions().iter().enumerate() {
            let _ = instruction.keyword_span.text(&text);
            for heredoc in &instruction.heredocs {
                let _ = (heredoc.body.text(&text), heredoc.end.text(&text));
            }
            check_view(&file, &file.view(index));
        }
    }

    #[test]
    fn the_map_leads_there_and_back(text in soup()) {
        let file = parse(&text);
        for index in 0..file.instructions().len() {
            let logical = file.logical(index);
            for (at, c) in logical.text.char_indices() {
                let source = logical.source(Span::new(at, at + c.len_utf8()));
                prop_assert_eq!(source.text(&text), &logical.text[at..at + c.len_utf8()]);
                prop_assert_eq!(logical.to_logical(source.start), Some(at));
            }
        }
    }

    #[test]
    fn what_is_printed_reads_the_same(text in soup()) {
        let (file, printed) = (parse(&text), parse(&text).to_string());
        let again = parse(&printed);
        prop_assert_eq!(file.tokens(), again.tokens());
        prop_assert_eq!(file.instructions(), again.instructions());
        prop_assert_eq!(dump("", &file), dump("", &again));
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
            .chain(&instruction_errors)
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

/// Cuts out every span of a view.
fn check_view(file: &Dockerfile<'_>, view: &View<'_>) {
    let spans = [view.keyword_span, view.body];
    let flags = view
        .flags
        .iter()
        .flat_map(|flag| [Some(flag.span), flag.value_span]);
    for span in spans.into_iter().chain(flags.flatten()) {
        let _ = view.text(span);
        let _ = view.logical.source(span).text(file.text());
    }
    match &view.kind {
        Kind::Onbuild { inner } => check_view(file, inner),
        Kind::Env { pairs, .. } | Kind::Label { pairs, .. } => {
            for pair in pairs {
                assert_eq!(view.text(pair.key.span), pair.key.raw);
                assert_eq!(view.text(pair.value.span), pair.value.raw);
            }
        }
        Kind::Copy(transfer) | Kind::Add(transfer) if !transfer.exec => {
            for word in transfer.sources.iter().chain([&transfer.dest]) {
                assert_eq!(view.text(word.span), word.raw);
            }
        }
        _ => {}
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
        let logical = parse(&text).logical(0);
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

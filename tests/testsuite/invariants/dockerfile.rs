//! What holds for every text that is read as a Dockerfile.

use dfopt::syntax::{Dockerfile, Expander, Kind, Lookup, Span, View, dump, parse};

/// Checks what [`parse`] promises about `text`.
pub(crate) fn check(text: &str) {
    let file = parse(text);
    tokens_tile(&file);
    instructions_are_disjoint_whole_lines(&file);
    every_span_can_be_cut_out(&file);
    (0..file.instructions().len()).for_each(|index| the_map_leads_there_and_back(&file, index));
    let printed = file.to_string();
    let again = parse(&printed);
    assert_eq!(file.tokens(), again.tokens());
    assert_eq!(file.instructions(), again.instructions());
    assert_eq!(dump("", &file), dump("", &again));
}

/// The tokens are the text: end to end, and none of them empty.
pub(crate) fn tokens_tile(file: &Dockerfile<'_>) {
    let mut end = 0;
    for token in file.tokens() {
        assert_eq!(token.span.start, end);
        assert!(!token.span.is_empty());
        end = token.span.end;
    }
    assert_eq!(end, file.text().len());
    assert_eq!(file.to_string(), file.text());
}

pub(crate) fn instructions_are_disjoint_whole_lines(file: &Dockerfile<'_>) {
    let (mut end, mut end_token, mut end_line) = (0, 0, 0);
    for instruction in file.instructions() {
        assert!(end <= instruction.full.start && end_token <= instruction.tokens.start);
        assert!(end_line < instruction.start_line);
        assert!(instruction.full.contains(instruction.span));
        assert!(instruction.span.contains(instruction.keyword_span));
        let (line, _) = file.line_col(instruction.full.start);
        assert_eq!(line, instruction.start_line);
        end = instruction.full.end;
        end_token = instruction.tokens.end;
        end_line = instruction.end_line;
    }
}

pub(crate) fn every_span_can_be_cut_out(file: &Dockerfile<'_>) {
    let text = file.text();
    for error in file.errors().iter().chain(file.instruction_errors()) {
        let _ = error.span.text(text);
    }
    for (index, instruction) in file.instructions().iter().enumerate() {
        let _ = instruction.keyword_span.text(text);
        for heredoc in &instruction.heredocs {
            let _ = (heredoc.body.text(text), heredoc.end.text(text));
        }
        let comments = file.leading_comments(index);
        let _ = comments.map(|span| span.text(text));
        let view = file.view(index);
        check_view(file, view);
        check_expansion(file, view.text(view.body));
    }
}

/// Every character of the joined line leads to the same character of the source, and back.
pub(crate) fn the_map_leads_there_and_back(file: &Dockerfile<'_>, index: usize) {
    let logical = file.logical(index);
    for (at, c) in logical.text.char_indices() {
        let span = Span::new(at, at + c.len_utf8());
        let source = logical.source(span);
        assert_eq!(source.text(file.text()), span.text(&logical.text));
        assert_eq!(logical.to_logical(source.start), Some(at));
    }
}

/// Substitution never fails in another way than its type says, and references can be cut out.
fn check_expansion(file: &Dockerfile<'_>, text: &str) {
    let expander = Expander::new(file.escape());
    let lookup = |name: &str| match name.len() % 3 {
        0 => Lookup::Unset,
        1 => Lookup::Set("a b*".to_owned()),
        _ => Lookup::Unknown,
    };
    let _ = (
        expander.expand(text, &lookup),
        expander.expand_words(text, &lookup),
    );
    for reference in expander.references(text) {
        let _ = (reference.span.text(text), reference.name_span.text(text));
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

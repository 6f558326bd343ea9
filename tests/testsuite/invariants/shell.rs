//! What holds for every shell script.

use dfopt::syntax::Span;
use dfopt::syntax::shell::{
    Command, Item, Parameter, Part, PartKind, Redirect, Script, Word, parse,
};

/// Checks what [`parse`] promises about `script`.
pub(crate) fn check(script: &str) {
    match parse(script) {
        Ok(parsed) => Spans { script }.of_script(&parsed),
        Err(error) => assert!(error.at <= script.len(), "{error}"),
    }
}

/// Checks that spans lie on character boundaries and inside those of their parents.
struct Spans<'s> {
    script: &'s str,
}

impl Spans<'_> {
    fn of_script(&self, parsed: &Script) {
        let all = Span::new(0, self.script.len());
        self.items(all, &parsed.items);
        for substitution in &parsed.substitutions {
            self.inside(all, substitution.span);
            self.items(
                substitution.span,
                substitution.items.as_deref().unwrap_or_default(),
            );
        }
        for parameter in &parsed.parameters {
            self.parameter(all, parameter);
        }
        let bodies = parsed.here_documents.iter().map(|document| document.body);
        for span in bodies.chain(parsed.comments.iter().copied()) {
            self.inside(all, span);
        }
        for spans in parsed.substitutions.windows(2) {
            assert!(spans[0].span.start < spans[1].span.start);
        }
    }

    fn inside(&self, parent: Span, child: Span) {
        assert!(parent.contains(child), "{child:?} is not inside {parent:?}");
        assert!(
            self.script.is_char_boundary(child.start) && self.script.is_char_boundary(child.end)
        );
    }

    fn items(&self, parent: Span, items: &[Item]) {
        for item in items {
            self.inside(parent, item.span);
            assert_eq!(item.span.start, item.first.span.start);
            for pipeline in item.pipelines() {
                self.inside(item.span, pipeline.span);
                for command in &pipeline.commands {
                    self.inside(pipeline.span, command.span());
                    self.command(command);
                }
            }
            if let Some((_, span)) = item.terminator {
                self.inside(parent, span);
                assert!(item.span.end <= span.start);
            }
        }
        assert!(
            items
                .windows(2)
                .all(|items| items[0].span.end < items[1].span.start)
        );
    }

    fn command(&self, command: &Command) {
        match command {
            Command::Simple(simple) => {
                for assignment in &simple.assignments {
                    self.inside(simple.span, assignment.span);
                    self.inside(assignment.span, assignment.name);
                    self.word(assignment.span, assignment.value);
                }
                self.words(simple.span, &simple.words);
                self.redirects(simple.span, &simple.redirects);
            }
            Command::Compound(compound) => {
                self.words(compound.span, &compound.words);
                compound
                    .bodies
                    .iter()
                    .for_each(|body| self.items(compound.span, body));
                self.redirects(compound.span, &compound.redirects);
            }
            Command::Function(function) => {
                self.word(function.span, function.name);
                self.inside(function.span, function.body.span());
                self.command(&function.body);
            }
        }
    }

    fn redirects(&self, parent: Span, redirects: &[Redirect]) {
        for redirect in redirects {
            self.inside(parent, redirect.span);
            self.word(redirect.span, redirect.target);
        }
    }

    fn words(&self, parent: Span, words: &[Word]) {
        for &word in words {
            assert!(!word.span.is_empty());
            self.word(parent, word);
        }
    }

    fn word(&self, parent: Span, word: Word) {
        self.inside(parent, word.span);
        let _ = word.literal(self.script);
        let _ = word.expand(self.script, &|name| Some(name.to_owned()));
        self.parts(word.span, &word.parts(self.script));
    }

    /// Checks that the parts fill `whole`.
    fn parts(&self, whole: Span, parts: &[Part]) {
        let mut end = whole.start;
        for part in parts {
            self.inside(whole, part.span);
            assert_eq!(part.span.start, end);
            assert_ne!(part.kind, PartKind::Unknown);
            end = part.span.end;
            if let PartKind::Parameter(parameter) = part.kind {
                self.parameter(part.span, &parameter);
            }
            if let PartKind::DoubleQuoted = part.kind {
                let inside = Span::new(part.span.start + 1, part.span.end - 1);
                self.parts(inside, &part.parts(self.script));
            }
        }
        assert_eq!(end, whole.end);
    }

    fn parameter(&self, parent: Span, parameter: &Parameter) {
        self.inside(parent, parameter.span);
        self.inside(parameter.span, parameter.prefix);
        self.inside(parameter.span, parameter.name);
        self.inside(parameter.span, parameter.operation);
    }
}

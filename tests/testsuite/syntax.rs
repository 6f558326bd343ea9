//! The physical layer and the joined line, one quirk of BuildKit's parser at a time.

use dfopt::syntax::{Keyword, SyntaxError, TokenKind, parse};

/// The joined lines of a file.
fn lines(text: &str) -> Vec<String> {
    let file = parse(text);
    (0..file.instructions().len())
        .map(|index| file.logical(index).text.clone().into_owned())
        .collect()
}

/// Kind and text of every token.
fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    parse(text)
        .tokens()
        .iter()
        .map(|token| (token.kind, token.span.text(text)))
        .collect()
}

/// The name and body of every here-document of the last instruction.
fn heredocs(text: &str) -> Vec<(String, &str)> {
    let file = parse(text);
    let last = file.instructions().last().expect("an instruction");
    let name_and_body = |doc: &dfopt::syntax::Heredoc| (doc.name.clone(), doc.body.text(text));
    last.heredocs.iter().map(name_and_body).collect()
}

/// The first parser error.
fn error(text: &str) -> SyntaxError {
    parse(text).errors().first().expect("an error").clone()
}

mod continuations {
    use super::*;

    #[test]
    fn join_lines_and_keep_indents() {
        assert_eq!(lines("RUN make \\\n    all\n"), ["RUN make     all"]);
        assert_eq!(lines("RUN yum inst\\\nall gcc\n"), ["RUN yum install gcc"]);
    }

    #[test]
    fn may_have_blanks_behind_the_escape_character() {
        assert_eq!(lines("RUN ls \\ \t \n/srv\n"), ["RUN ls /srv"]);
    }

    #[test]
    fn need_a_single_escape_character() {
        assert_eq!(
            lines("RUN printf x\\\\\nUSER app\n"),
            ["RUN printf x\\\\", "USER app"]
        );
        assert_eq!(
            lines("RUN printf x\\\\\\\nUSER app\n"),
            ["RUN printf x\\\\\\", "USER app"]
        );
    }

    #[test]
    fn may_stand_alone_on_a_line() {
        assert_eq!(lines("RUN a\\\n\\\nb\n"), ["RUN ab"]);
        assert_eq!(lines("\\\nRUN a\n"), ["RUN a"]);
    }

    #[test]
    fn may_split_the_keyword() {
        let text = "WORK\\\nDIR /srv\n";
        let file = parse(text);
        assert_eq!(file.instructions()[0].keyword, Keyword::Workdir);
        assert_eq!(
            file.instructions()[0].keyword_span.text(text),
            "WORK\\\nDIR"
        );
    }

    #[test]
    fn swallow_comments_and_blank_lines() {
        let text = "RUN a \\\n\n  # why \\\n  && b\nUSER app\n";
        assert_eq!(lines(text), ["RUN a   && b", "USER app"]);
        let kinds: Vec<TokenKind> = tokens(text).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds[2..4], [TokenKind::Blank, TokenKind::Comment]);
    }

    #[test]
    fn reach_into_the_next_instruction() {
        assert_eq!(lines("RUN a \\\n\nUSER app\n"), ["RUN a USER app"]);
    }

    #[test]
    fn may_be_the_last_thing_in_a_file() {
        assert_eq!(lines("RUN a \\"), ["RUN a "]);
        assert_eq!(lines("RUN a \\\n# end\n"), ["RUN a "]);
    }

    #[test]
    fn use_the_escape_directive() {
        assert_eq!(
            lines("# escape=`\nRUN dir `\n  C:\\\nUSER x\n"),
            ["RUN dir   C:\\", "USER x"]
        );
    }
}

mod directives {
    use super::*;

    #[test]
    fn stand_at_the_very_top_only() {
        assert_eq!(parse("#  Escape = `  \nFROM a\n").escape(), '`');
        assert_eq!(
            parse(" # check=skip=all\n#escape=`\nFROM a\n").escape(),
            '`'
        );
        for above in ["\n", "# note\n", "# author=me\n", "FROM a\n"] {
            assert_eq!(
                parse(&format!("{above}# escape=`\n")).escape(),
                '\\',
                "below {above:?}"
            );
        }
    }

    #[test]
    fn have_name_and_value() {
        let text = "\u{feff}# syntax = docker/dockerfile:1 \nFROM a\n";
        let file = parse(text);
        let [directive] = file.directives() else {
            panic!("one directive")
        };
        assert_eq!(directive.name.text(text), "syntax");
        assert_eq!(directive.value.text(text), "docker/dockerfile:1");
        assert_eq!(directive.span.text(text), "# syntax = docker/dockerfile:1");
    }

    #[test]
    fn are_refused_twice_or_with_a_bad_escape() {
        let twice = error("# syntax=a\n# syntax=b\nFROM a\n");
        assert_eq!(
            twice.message,
            "only one syntax parser directive can be used"
        );
        assert!(
            error("# escape=^\nFROM a\n")
                .message
                .starts_with("invalid escape token")
        );
    }
}

mod bytes {
    use super::*;

    #[test]
    fn are_all_in_the_tokens() {
        let text = "\u{feff}# syntax=x\n\n# about\n  RUN a \\ \n b\r\r\nCOPY <<E /x\ny\nE\n";
        let expected = [
            (TokenKind::Bom, "\u{feff}"),
            (TokenKind::Directive, "# syntax=x\n"),
            (TokenKind::Blank, "\n"),
            (TokenKind::Comment, "# about\n"),
            (TokenKind::Indent, "  "),
            (TokenKind::Text, "RUN a "),
            (TokenKind::Continuation, "\\ \n"),
            (TokenKind::Text, " b"),
            (TokenKind::Newline, "\r\r\n"),
            (TokenKind::Text, "COPY <<E /x"),
            (TokenKind::Newline, "\n"),
            (TokenKind::HeredocBody, "y\n"),
            (TokenKind::HeredocEnd, "E\n"),
        ];
        assert_eq!(tokens(text), expected);
    }

    #[test]
    fn of_a_lone_carriage_return_end_no_line() {
        assert_eq!(lines("USER a\rUSER b\r"), ["USER a\rUSER b"]);
        assert_eq!(
            lines("RUN a \\\r\n b\r\nUSER x\r\n"),
            ["RUN a  b", "USER x"]
        );
    }

    #[test]
    fn of_unicode_white_space_indent_but_do_not_separate() {
        assert_eq!(lines("\u{a0}\u{3000}USER a\n"), ["USER a"]);
        assert_eq!(
            parse("USER\u{a0}a\n").instructions()[0].keyword,
            Keyword::Unknown
        );
        assert_eq!(
            parse("\x0bUSER\x0ca\n").instructions()[0].keyword,
            Keyword::User
        );
    }
}

mod spans {
    use super::*;

    #[test]
    fn of_an_instruction_cover_its_lines() {
        let text = "# a\n\tRUN <<E\nls\nE\nUSER x";
        let file = parse(text);
        let [run, user] = file.instructions() else {
            panic!("two instructions")
        };
        assert_eq!(run.span.text(text), "RUN <<E\nls\nE");
        assert_eq!(run.full.text(text), "\tRUN <<E\nls\nE\n");
        assert_eq!((run.start_line, run.end_line), (2, 4));
        assert_eq!(user.span.text(text), "USER x");
        assert_eq!(user.full.text(text), "USER x");
    }

    #[test]
    fn lead_back_from_the_joined_line() {
        let text = "RUN one \\\n # note\n two\\\nthree\n";
        let file = parse(text);
        let logical = file.logical(0);
        assert_eq!(logical.text, "RUN one  twothree");
        let of = |part: &str| {
            let start = logical.text.find(part).expect("a part of the line");
            dfopt::syntax::Span::new(start, start + part.len())
        };
        assert_eq!(logical.source(of("one")).text(text), "one");
        assert_eq!(logical.source(of("twothree")).text(text), "two\\\nthree");
        assert!(logical.crosses_seam(of("twothree")) && !logical.crosses_comment(of("twothree")));
        assert!(logical.crosses_comment(of("one  two")));
        assert_eq!(
            logical.source(of("one ")).text(text),
            "one ",
            "it only touches the seam"
        );
        let third = text.find("three").expect("it is there");
        assert_eq!(logical.to_logical(third), Some(of("three").start));
        assert_eq!(
            logical.to_logical(text.find("note").expect("it is there")),
            None
        );
    }

    #[test]
    fn of_comments_above_end_at_a_blank_line() {
        let text = "# far\n\n# near\n  # nearer\nUSER a\nUSER b\n";
        let file = parse(text);
        let above = file.leading_comments(0).expect("comments");
        assert_eq!(above.text(text), "# near\n  # nearer\n");
        assert_eq!(file.leading_comments(1), None);
    }

    #[test]
    fn have_a_line_and_a_column() {
        let file = parse("USER ä\nUSER b\n");
        assert_eq!(file.line_col(0), (1, 1));
        assert_eq!(file.line_col(7), (1, 7), "the column counts characters");
        assert_eq!(file.line_col(8), (2, 1));
        assert_eq!(file.line_col(1000), (3, 1));
    }
}

mod here_documents {
    use super::*;

    #[test]
    fn take_lines_up_to_their_name() {
        let text = "RUN cat <<END >/etc/motd\n# kept \\\n END\nEND\n";
        assert_eq!(heredocs(text), [("END".to_owned(), "# kept \\\n END\n")]);
        assert_eq!(heredocs("COPY <<A <<B /d/\n1\nA\n2\nB").len(), 2);
    }

    #[test]
    fn are_announced_by_a_word_of_their_own() {
        assert_eq!(
            heredocs("RUN cat << \tEND\nx\nEND\n"),
            [("END".to_owned(), "x\n")]
        );
        for line in [
            "RUN cat<<E",
            "RUN cat <<<E",
            "RUN sh -c 'x <<E'",
            "RUN echo it's <<E",
        ] {
            assert_eq!(heredocs(line), [], "{line}");
        }
    }

    #[test]
    fn take_what_is_glued_to_the_name() {
        assert_eq!(
            heredocs("RUN cat <<E;\nx\nE;\n"),
            [("E;".to_owned(), "x\n")]
        );
        assert_eq!(
            error("RUN echo $((8 <<1))\n").message,
            "unterminated heredoc"
        );
        assert_eq!(error("RUN ls # <<see\n").message, "unterminated heredoc");
    }

    #[test]
    fn say_how_they_are_read() {
        let file = parse("RUN 3<<-\"E\"\n\tx\n\tE\nUSER a\n");
        let [doc] = &file.instructions()[0].heredocs[..] else {
            panic!("one here-document")
        };
        assert!(doc.chomp && !doc.expand);
        assert_eq!((doc.fd, doc.name.as_str()), (3, "E"));
        assert_eq!(file.instructions().len(), 2);
    }

    #[test]
    fn follow_triggers_but_neither_exec_form_nor_other_instructions() {
        assert_eq!(heredocs("ONBUILD RUN <<E\nx\nE\n").len(), 1);
        assert_eq!(heredocs("RUN [\"cat\", \"<<E\"]\n"), []);
        assert_eq!(heredocs("ENV a=<<E\n"), []);
        assert_eq!(heredocs("ONBUILD ONBUILD RUN <<E\n"), []);
    }

    #[test]
    fn lose_what_a_substitution_wipes_out() {
        // BuildKit forgets `<<` when it reads the word behind `:-`.
        assert_eq!(heredocs("RUN cat <<${x:-E}\n"), []);
        assert_eq!(heredocs("RUN cat <<${x}\ny\n${x}\n").len(), 1);
    }
}

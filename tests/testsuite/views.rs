//! Arguments, typed views and errors, one rule of BuildKit's at a time.

use dfopt::syntax::{Form, Healthcheck, Keyword, Kind, SyntaxError, dump, parse};
use serde_json::{Value, json};

/// The arguments of the last instruction, as BuildKit passes them on.
fn args(text: &str) -> Value {
    let dumped = dump("", &parse(text));
    dumped["instructions"]
        .as_array()
        .and_then(|all| all.last())
        .expect("accepted")["args"]
        .clone()
}

/// The first parser error.
fn error(text: &str) -> SyntaxError {
    parse(text).errors().first().expect("an error").clone()
}

/// The first error of the instruction reader.
fn instruction_error(text: &str) -> SyntaxError {
    let file = parse(text);
    assert_eq!(file.errors(), []);
    let error = file.instruction_errors().first();
    error.expect("an error").clone()
}

mod arguments {
    use super::*;

    #[test]
    fn in_exec_form_are_json_strings() {
        let text = "CMD [ \"a\\u00e9\\n\", \"\\ud83d\\ude00\", \"\\ud800\" ]\n";
        assert_eq!(args(text), json!(["aé\n", "😀", "\u{fffd}"]));
        let view = parse(text).view(0).clone();
        let Kind::Cmd {
            form: Form::Exec(words),
        } = &view.kind
        else {
            panic!("exec form")
        };
        assert_eq!(view.text(words[0].span), r#""a\u00e9\n""#);
    }

    #[test]
    fn that_are_no_json_are_shell_form() {
        for body in [
            "['a']",
            "[\"a\",]",
            "[\"a\"] x",
            "[\"a\tb\"]",
            "[ -e x ]",
            "[\"\\x\"]",
            "[1e999]",
        ] {
            assert_eq!(args(&format!("CMD {body}\n")), json!([body]), "{body}");
        }
    }

    #[test]
    fn of_json_may_be_strings_only() {
        for body in [
            "[1]",
            "[\"a\", null]",
            "[[\"a\"]]",
            "[{\"a\": [true, -0.5e3]}]",
        ] {
            assert!(
                error(&format!("CMD {body}\n"))
                    .message
                    .contains("strings only"),
                "{body}"
            );
        }
    }

    #[test]
    fn follow_the_flags() {
        let view = parse("COPY --chown=\"a b\" --from=x\\ y -- --z d\n")
            .view(0)
            .clone();
        let values: Vec<_> = view
            .flags
            .iter()
            .map(|flag| flag.value.as_deref())
            .collect();
        assert_eq!(values, [Some("a b"), Some("x y")]);
        let chown = view
            .flag("chown")
            .and_then(|flag| flag.value_span)
            .expect("a value");
        assert_eq!(view.text(chown), "\"a b\"");
        assert_eq!(view.text(view.body), "--z d");
        assert_eq!(args("RUN x --y\n"), json!(["x --y"]));
    }

    #[test]
    fn of_env_are_pairs_or_the_legacy_form() {
        assert_eq!(
            args("ENV a='1 2' b=3\\ 4\n"),
            json!(["a", "'1 2'", "=", "b", "3\\ 4", "="])
        );
        assert_eq!(args("LABEL a  b=c d\n"), json!(["a", "b=c d", ""]));
        assert_eq!(args("ARG a b=\"c d\"\n"), json!(["a", "b=\"c d\""]));
        assert_eq!(error("ENV a\n").message, "ENV must have two arguments");
        assert!(
            error("ENV a=1 # one\n")
                .message
                .contains("can't find = in \"#\"")
        );
    }

    #[test]
    fn hold_hashes_like_anything_else() {
        assert_eq!(args("EXPOSE 80 # web\n"), json!(["80", "#", "web"]));
    }
}

mod typed {
    use super::*;

    fn kind(text: &str) -> Kind<'_> {
        parse(text).view(0).kind.clone()
    }

    #[test]
    fn know_stages() {
        let Kind::From {
            image,
            alias,
            platform,
        } = kind("FROM --platform=$P alpine:3 as build\n")
        else {
            panic!("a stage")
        };
        assert_eq!(image.raw, "alpine:3");
        assert_eq!(alias.map(|word| word.raw), Some("build".to_owned()));
        assert_eq!(platform.map(|word| word.raw), Some("$P".to_owned()));
    }

    #[test]
    fn know_transfers() {
        let Kind::Copy(plain) = kind("COPY a b /c/\n") else {
            panic!("a transfer")
        };
        assert_eq!(
            (plain.sources.len(), plain.dest.raw.as_str(), plain.exec),
            (2, "/c/", false)
        );
        let Kind::Add(exec) = kind("ADD [\"a b\", \"/c\"]\n") else {
            panic!("a transfer")
        };
        assert_eq!((exec.sources[0].raw.as_str(), exec.exec), ("a b", true));
    }

    #[test]
    fn know_variables() {
        let Kind::Env {
            pairs,
            legacy: false,
        } = kind("ENV a=\"b c\" d=\n")
        else {
            panic!("pairs")
        };
        assert_eq!(
            (pairs[0].key.raw.as_str(), pairs[0].value.raw.as_str()),
            ("a", "\"b c\"")
        );
        assert_eq!(pairs[1].value.raw, "");
        let Kind::Arg { args } = kind("ARG a b=c\n") else {
            panic!("arguments")
        };
        assert_eq!(args[0].default, None);
        assert_eq!(
            args[1].default.as_ref().map(|word| word.raw.as_str()),
            Some("c")
        );
    }

    #[test]
    fn know_commands() {
        let run = parse("RUN --network=none ls -l\n").view(0).clone();
        let Kind::Run {
            form: Form::Shell(script),
        } = run.kind
        else {
            panic!("shell form")
        };
        assert_eq!(run.text(script), "ls -l");
        assert!(matches!(kind("RUN\n"), Kind::Run { form: Form::Shell(span) } if span.is_empty()));
        assert_eq!(
            kind("HEALTHCHECK none\n"),
            Kind::Healthcheck(Healthcheck::None)
        );
        let check = kind("HEALTHCHECK --retries=3 CMD [\"a\"]\n");
        assert!(matches!(
            check,
            Kind::Healthcheck(Healthcheck::Cmd {
                form: Form::Exec(_)
            })
        ));
        // Other white space than that of ASCII is a part of the command.
        let view = parse("HEALTHCHECK CMD \u{2003}a\n").view(0).clone();
        let Kind::Healthcheck(Healthcheck::Cmd {
            form: Form::Shell(command),
        }) = view.kind
        else {
            panic!("shell form")
        };
        assert_eq!(view.text(command), "\u{2003}a");
    }

    #[test]
    fn share_the_line_with_their_trigger() {
        let view = parse("ONBUILD COPY --link a b\n").view(0).clone();
        let Kind::Onbuild { inner } = &view.kind else {
            panic!("a trigger")
        };
        assert_eq!(inner.keyword, Keyword::Copy);
        assert_eq!(view.text(inner.keyword_span), "COPY");
        assert_eq!(view.text(inner.body), "a b");
    }

    #[test]
    fn leave_alone_what_buildkit_rejects() {
        for text in [
            "FOO x",
            "FROM a b",
            "COPY a",
            "ENV a",
            "RUN --x y",
            "CMD [1]",
            "SHELL sh",
        ] {
            assert_eq!(kind(text), Kind::Invalid, "{text}");
        }
        let Kind::Onbuild { inner } = kind("ONBUILD FOO\n") else {
            panic!("a trigger")
        };
        assert_eq!(inner.kind, Kind::Invalid);
    }
}

mod errors {
    use super::*;

    #[test]
    fn are_in_source_order_with_a_place_and_advice() {
        let text = "FROM a\nENV x\nCMD [1]\nRUN <<E\n";
        let file = parse(text);
        let places: Vec<_> = file
            .errors()
            .iter()
            .map(|e| file.line_col(e.span.start))
            .collect();
        assert_eq!(places, [(2, 5), (3, 5), (4, 1)]);
        assert!(file.errors().iter().all(|error| !error.advice.is_empty()));
    }

    #[test]
    fn of_the_parser() {
        assert_eq!(
            error("# only a comment\n").message,
            "file with no instructions"
        );
        assert_eq!(parse(&format!("RUN {}\n", "x".repeat(65_531))).errors(), []);
        let long = error(&format!("RUN {}\n", "x".repeat(65_532)));
        assert!(long.message.contains("max allowed size of 65535"));
    }

    #[test]
    fn of_the_instruction_reader() {
        let cases = [
            ("RUN x", "no build stage in current context"),
            ("FROM a\nRNU x", "unknown instruction: RNU"),
            ("FROM a AS 1st", "invalid name for build stage"),
            ("FROM a AS", "FROM requires either one or three arguments"),
            ("FROM a\nCOPY x", "COPY requires at least two arguments"),
            (
                "FROM a\nCOPY a <<E\nE",
                "COPY cannot accept a heredoc as a destination",
            ),
            ("FROM a\nCOPY --form=x a b", "unknown flag: --form"),
            ("FROM a\nCOPY --from a b", "missing a value on flag: --from"),
            (
                "FROM a\nCOPY --link=1 a b",
                "expecting boolean value for flag --link",
            ),
            (
                "FROM a\nCOPY --from=a --from=b c d",
                "duplicate flag specified: --from",
            ),
            (
                "FROM a\nRUN --network=lan x",
                "invalid network mode \"lan\"",
            ),
            (
                "FROM a\nRUN --security=off x",
                "security \"off\" is not valid",
            ),
            (
                "FROM a\nRUN --mount=from=$X x",
                "'from' doesn't support variable expansion",
            ),
            ("FROM a\nENV =x", "ENV names can not be blank"),
            ("FROM a\nARG =x", "ARG names can not be blank"),
            ("FROM a\nUSER", "USER requires exactly one argument"),
            ("FROM a\nEXPOSE", "EXPOSE requires at least one argument"),
            (
                "FROM a\nVOLUME [\" \"]",
                "VOLUME specified can not be an empty string",
            ),
            (
                "FROM a\nSHELL sh",
                "SHELL requires the arguments to be in JSON form",
            ),
            ("FROM a\nONBUILD ONBUILD RUN x", "Chaining ONBUILD"),
            (
                "FROM a\nONBUILD FROM b",
                "FROM isn't allowed as an ONBUILD trigger",
            ),
            (
                "FROM a\nHEALTHCHECK",
                "HEALTHCHECK requires at least one argument",
            ),
            (
                "FROM a\nHEALTHCHECK NONE x",
                "HEALTHCHECK NONE takes no arguments",
            ),
            (
                "FROM a\nHEALTHCHECK CMD",
                "Missing command after HEALTHCHECK CMD",
            ),
            ("FROM a\nHEALTHCHECK x", "Unknown type \"X\" in HEALTHCHECK"),
            (
                "FROM a\nHEALTHCHECK --interval=5 CMD x",
                "time: invalid duration \"5\"",
            ),
            (
                "FROM a\nHEALTHCHECK --timeout=1us CMD x",
                "cannot be less than 1ms",
            ),
            (
                "FROM a\nHEALTHCHECK --retries=-1 CMD x",
                "--retries cannot be negative",
            ),
        ];
        for (text, message) in cases {
            let error = instruction_error(text);
            assert!(
                error.message.contains(message),
                "{text:?} gives {:?}",
                error.message
            );
        }
    }

    #[test]
    fn suggest_what_was_meant() {
        assert_eq!(
            instruction_error("FROM a\nRNU x").advice,
            "did you mean RUN?"
        );
        assert_eq!(
            instruction_error("FROM a\nCOPY --form=x a b").advice,
            "did you mean --from?"
        );
    }
}

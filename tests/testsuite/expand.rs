//! Substitution of variables.

use dfopt::syntax::{Expander, Expansion, Lookup};

/// `NAME` is set, `EMPTY` is set to nothing, `BASE` comes from an image nobody has looked at.
fn env(name: &str) -> Lookup {
    match name {
        "NAME" => Lookup::Set("app/lib/app.tar".to_owned()),
        "LIST" => Lookup::Set("a b".to_owned()),
        "EMPTY" => Lookup::Set(String::new()),
        "BASE" => Lookup::Unknown,
        _ => Lookup::Unset,
    }
}

fn value(word: &str) -> String {
    match Expander::new('\\').expand(word, &env) {
        Expansion::Value(value) => value,
        other => panic!("{word}: {other:?}"),
    }
}

#[test]
fn variables_have_values() {
    assert_eq!(
        value("$NAME-${NAME}.$MISSING."),
        "app/lib/app.tar-app/lib/app.tar.."
    );
    assert_eq!(value("cost: 5$ $ $/"), "cost: 5$ $ $/");
    assert_eq!(value("$1st$@"), "st");
}

#[test]
fn quotes_and_escapes_protect() {
    assert_eq!(
        value(r#"'$NAME' "$NAME" \$NAME"#),
        "$NAME app/lib/app.tar $NAME"
    );
    assert_eq!(value(r#""\"\$\\\a" \a'\a'"#), r#""$\\a a\a"#);
    assert_eq!(
        Expander::new('`').expand("`$NAME\\$EMPTY", &env).value(),
        Some("$NAME\\".into())
    );
}

/// Found with random words that BuildKit's own lexer had read: a lone escape at the end of a pattern for the end of a
/// value escapes what is in front of it, and a byte order mark in front of a pattern is none of it.
#[test]
fn patterns_are_turned_round() {
    let value = |word: &str| Expander::new('`').expand(word, &env).value();
    assert_eq!(value(r"${NAME%tar\*\}"), value("$NAME"));
    assert_eq!(value(r"a${NAME%\*\}b"), Some("aapp/lib/app.tarb".into()));
    assert_eq!(value("${EMPTY/\u{feff}/x}"), Some("x".into()));
}

#[test]
fn defaults_and_alternatives() {
    assert_eq!(
        value("${MISSING-a} ${EMPTY-b} ${NAME-c}"),
        "a  app/lib/app.tar"
    );
    assert_eq!(value("${MISSING:-a} ${EMPTY:-b}"), "a b");
    assert_eq!(
        value("${MISSING+a} ${EMPTY+b} ${EMPTY:+c} ${NAME:+d}"),
        " b  d"
    );
    assert_eq!(value("${MISSING:-${EMPTY:-$LIST}}"), "a b");
}

#[test]
fn patterns_cut_from_both_ends() {
    assert_eq!(value("${NAME#*/} ${NAME##*/}"), "lib/app.tar app.tar");
    assert_eq!(value("${NAME%/*} ${NAME%%/*}"), "app/lib app");
    assert_eq!(
        value("${NAME%.???} ${NAME#no} ${NAME##}"),
        "app/lib/app app/lib/app.tar app/lib/app.tar"
    );
}

#[test]
fn patterns_replace() {
    assert_eq!(
        value("${NAME/app/x} ${NAME//app/x}"),
        "x/lib/app.tar x/lib/x.tar"
    );
    assert_eq!(
        value(r"${NAME//\//_} ${NAME/*/y} ${NAME///z}"),
        "app_lib_app.tar y zazpzpz/zlzizbz/zazpzpz.ztzazrz"
    );
    assert_eq!(value(r"${NAME//lib/[\$0\$\$]}"), r"app/[\lib\$\$]/app.tar");
}

/// The value of `word` where `V` is `v` and `P` is `p`.
fn value_of(word: &str, v: &str, p: &str) -> Expansion<String> {
    Expander::new('\\').expand(word, &|name| match name {
        "V" => Lookup::Set(v.to_owned()),
        "P" => Lookup::Set(p.to_owned()),
        _ => Lookup::Unset,
    })
}

#[test]
fn patterns_are_globs_and_not_regular_expressions() {
    for (word, v, cut) in [
        (r"${V#(a)[b]{c\}^d$.e|\\}", r"(a)[b]{c}^d$.e|\rest", "rest"),
        (r"${V%%\**}", "ab**", "ab"),
        (r"${V%%\**\*}", "a*b*c*", "a"),
        ("${V#*a*b}", "aabbc", "bc"),
        ("${V##*a*b}", "aabbc", "c"),
        ("${V#*}", "aabb", "aabb"),
        ("${V##*}", "aabb", ""),
        (r"${V#?\?}", "???b", "?b"),
        ("${V#é}", "éa", "a"),
        ("${V%?}", "aé", "a"),
        ("${V%x}${N:-.}", "aabb", "aabb."),
    ] {
        assert_eq!(
            value_of(word, v, "").value().as_deref(),
            Some(cut),
            "{word}"
        );
    }
}

#[test]
fn patterns_and_replacements_may_be_variables() {
    for (word, v, p, replaced) in [
        ("${V#$P}", "aabb", "a", "abb"),
        ("${V#$P}", "aabb", "", "aabb"),
        ("${V%%$P}", "aabb", "b*", "aa"),
        (
            "${V/$P/-} ${V//$P/-}",
            "/a/b/*/c",
            r"\*/",
            "/a/b/-c /a/b/-c",
        ),
        ("${V/$P/} ${V//$P/}", "/tmp/tmp/a", "/tmp", "/tmp/a /a"),
        ("${V//$P/$P}", "a/b/c", "/?/", "a/?/c"),
        ("${V/$P/s$P}", "tcp://x", "tcp:", "stcp://x"),
        (r"${V//\//\/}", "/a/b", "", r"\/a\/b"),
        ("${V/$P/-}", "aabb", "", "-aabb"),
        ("${V///}", "aabb", "", "aabb"),
        ("${N///}", "", "", ""),
    ] {
        assert_eq!(
            value_of(word, v, p).value().as_deref(),
            Some(replaced),
            "{word}"
        );
    }
}

#[test]
fn the_message_of_a_required_variable_is_expanded() {
    for word in ["${N:?not $P}", "${N?not $P}", "${V:?not $P}"] {
        let Expansion::Invalid(message) = value_of(word, "", "set") else {
            panic!("{word} is accepted");
        };
        assert!(message.contains("not set"), "{word}: {message}");
    }
    assert_eq!(value_of("${V?not $P}", "", "").value().as_deref(), Some(""));
    assert_eq!(
        value_of("${V:?not $P}", "a", "").value().as_deref(),
        Some("a")
    );
}

#[test]
fn a_reference_to_an_unset_variable_inside_an_alternative_counts() {
    let word = "x-${V}.${N}${M:+-${M}}.tar.gz";
    assert_eq!(
        value_of(word, "1.2", "").value().as_deref(),
        Some("x-1.2..tar.gz")
    );
    let names: Vec<String> = Expander::new('\\')
        .references(word)
        .into_iter()
        .map(|reference| reference.name)
        .collect();
    assert_eq!(names, ["V", "N", "M", "M"]);
}

#[test]
fn what_buildkit_rejects_is_invalid() {
    let words = [
        "${",
        "${NAME",
        "${}",
        "${{x}}",
        "${:x}",
        "${NAME:0:2}",
        "${NAME=x}",
        "${NAME:#x}",
        "${NAME#\\x}",
        "${NAME/x}",
        "${NAME//x}",
        "${NAME//}",
        "${NAME=}",
        "${NAME=:x}",
        "${MISSING:?}",
        "'open",
        "\"open",
        "${MISSING?}",
        "${EMPTY:?is empty}",
    ];
    for word in words {
        let expanded = Expander::new('\\').expand(word, &env);
        assert!(
            matches!(expanded, Expansion::Invalid(_)),
            "{word}: {expanded:?}"
        );
    }
}

#[test]
fn unknown_values_are_only_unknown_where_they_matter() {
    let expand = |word| Expander::new('\\').expand(word, &env);
    for word in [
        "$BASE",
        "${BASE:-x}",
        "${BASE#a}",
        "${BASE?}",
        "${MISSING:-$BASE}",
    ] {
        assert_eq!(expand(word), Expansion::Unknown, "{word}");
    }
    assert_eq!(value("${NAME+x}${NAME:-$BASE}"), "xapp/lib/app.tar");
    assert!(matches!(expand("$BASE ${"), Expansion::Invalid(_)));
}

#[test]
fn words_split_behind_substitution() {
    let words = |word| Expander::new('\\').expand_words(word, &env).value();
    assert_eq!(
        words("$LIST \"$LIST\" c\\ d"),
        Some(vec!["a".into(), "b".into(), "a b".into(), "c d".into()])
    );
    assert_eq!(words("  "), Some(vec![]));
    // BuildKit loses the `x`: the word behind `:-` is collected in the same buffer.
    assert_eq!(
        words("x${MISSING:-y} z"),
        Some(vec!["y".into(), "z".into()])
    );
}

#[test]
fn modes_keep_what_they_name() {
    let expander = Expander::new('\\');
    let of = |expander: Expander, word| expander.expand(word, &env).value();
    assert_eq!(
        of(expander.keep_quotes(), "'a' \"$LIST\""),
        Some("'a' \"a b\"".into())
    );
    assert_eq!(of(expander.keep_escapes(), r"a\ b"), Some(r"a\ b".into()));
    assert_eq!(
        of(expander.keep_unset(), "$X ${X} ${X:-y}"),
        Some("$X ${X} ${X:-y}".into())
    );
    assert_eq!(
        of(expander.ignore_quotes(), "it's $EMPTY\""),
        Some("it's \"".into())
    );
}

#[test]
fn references_are_listed_with_their_places() {
    let word = "a$NAME'$no'\\$no${X:-${Y}}";
    let references = Expander::new('\\').references(word);
    let found: Vec<_> = references
        .iter()
        .map(|r| (r.name.as_str(), r.span.text(word)))
        .collect();
    assert_eq!(
        found,
        [("NAME", "$NAME"), ("X", "${X:-${Y}}"), ("Y", "${Y}")]
    );
    assert_eq!(references[1].name_span.text(word), "X");
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let word = "${a:-".repeat(100_000);
    assert!(matches!(
        Expander::new('\\').expand(&word, &env),
        Expansion::Invalid(_)
    ));
}

/// What `BuildKit` answered to such files in real builds, where that does not depend on the base image.
mod in_a_file {
    use dfopt::analysis::Facts;
    use dfopt::knowledge::Knowledge;
    use dfopt::syntax::parse;

    /// The values of `names` behind the last instruction of `text`.
    fn values<const N: usize>(text: &str, names: [&str; N]) -> [Option<String>; N] {
        let file = parse(text);
        let facts = Facts::new(&file, Knowledge::builtin());
        let state = facts.state_after(facts.final_stage().unwrap());
        names.map(|name| state.value(name))
    }

    fn known(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn an_instruction_sees_what_was_before_it() {
        let text = "FROM debian\nENV a=1\nENV a=2 b=$a\nLABEL c=$a\n";
        assert_eq!(
            values(text, ["a", "b", "c"]),
            [known("2"), known("1"), None]
        );
    }

    #[test]
    fn the_arguments_of_one_instruction_see_each_other() {
        let text = "ARG g=1 h=$g\nFROM debian\nARG g h\nARG a=2 b=$a\n";
        assert_eq!(
            values(text, ["g", "h", "a", "b"]),
            [known("1"), known("1"), known("2"), known("2")]
        );
    }

    #[test]
    fn arguments_are_of_their_stage_and_those_that_stand_on_it() {
        let text = "ARG g=1\nFROM debian AS one\nARG a=2\nENV b=$a$g\n";
        let names = ["g", "a", "b"];
        assert_eq!(values(&format!("{text}FROM one\n"), names)[1], known("2"));
        assert_eq!(
            values(&format!("{text}FROM debian\n"), names),
            [None, None, None]
        );
    }

    #[test]
    fn of_an_argument_and_an_environment_variable_the_later_counts() {
        let value = |lines: &str| values(&format!("FROM debian\n{lines}"), ["v"]);
        assert_eq!(value("ENV v=env\nARG v=arg\n"), [known("arg")]);
        assert_eq!(value("ARG v=arg\nENV v=env\n"), [known("env")]);
        assert_eq!(value("ENV v=env\nARG v\n"), [known("env")]);
    }

    #[test]
    fn arguments_of_the_platform_are_known_to_the_build_alone() {
        let text = "FROM debian\nARG TARGETARCH TARGETOS=linux\nENV a=$TARGETARCH\n";
        assert_eq!(values(text, ["TARGETARCH", "a"]), [None, None]);
    }
}

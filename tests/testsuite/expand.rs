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

//! Words, and what is inside of them.

use std::borrow::Cow;

use super::*;

fn parts(script: &str) -> Vec<(&str, PartKind)> {
    word(script)
        .parts(script)
        .into_iter()
        .map(|part| (part.span.text(script), part.kind))
        .collect()
}

#[test]
fn parts_leave_no_gap() {
    assert_eq!(
        parts("a'b'\"c\"\\d$e"),
        [
            ("a", PartKind::Literal),
            ("'b'", PartKind::SingleQuoted),
            ("\"c\"", PartKind::DoubleQuoted),
            ("\\d", PartKind::Escaped),
            (
                "$e",
                word("$e")
                    .parts("$e")
                    .iter()
                    .map(|part| shifted(part.kind, 9))
                    .next()
                    .expect("a value")
            ),
        ]
    );
    assert_eq!(
        parts("$(a)$((1))`b`<(c)$'d'$\"e\"")
            .iter()
            .map(|&(_, kind)| kind)
            .collect::<Vec<_>>(),
        [
            PartKind::CommandSubstitution,
            PartKind::Arithmetic,
            PartKind::CommandSubstitution,
            PartKind::ProcessSubstitution,
            PartKind::AnsiQuoted,
            PartKind::Translated,
        ]
    );
}

/// A part of another script, as if it started `by` bytes later.
fn shifted(kind: PartKind, by: usize) -> PartKind {
    let PartKind::Parameter(parameter) = kind else {
        return kind;
    };
    PartKind::Parameter(Parameter {
        span: parameter.span.shift(by),
        name: parameter.name.shift(by),
        prefix: parameter.prefix.shift(by),
        operation: parameter.operation.shift(by),
    })
}

#[test]
fn double_quotes_have_parts_of_their_own() {
    let script = "\"a $b \\$ \\c $(d)\"";
    let inside = word(script).parts(script)[0].parts(script);
    let texts: Vec<_> = inside.iter().map(|part| part.span.text(script)).collect();
    assert_eq!(texts, ["a ", "$b", " ", "\\$", " \\c ", "$(d)"]);
}

#[test]
fn parameters_are_cut_into_prefix_name_and_operation() {
    let all = [
        ("$a", "", "a", ""),
        ("$1", "", "1", ""),
        ("$@", "", "@", ""),
        ("${a}", "", "a", ""),
        ("${10}", "", "10", ""),
        ("${#a}", "#", "a", ""),
        ("${#}", "", "#", ""),
        ("${!a}", "!", "a", ""),
        ("${a:-b c}", "", "a", ":-b c"),
        ("${a%%[}]*}", "", "a", "%%["),
        ("${a[1]}", "", "a", "[1]"),
        ("${a-'}'}", "", "a", "-'}'"),
        ("${}", "", "", ""),
        ("${#@}", "#", "@", ""),
    ];
    for (script, prefix, name, operation) in all {
        let parameter = read(script).parameters[0];
        let cut =
            [parameter.prefix, parameter.name, parameter.operation].map(|span| span.text(script));
        assert_eq!(cut, [prefix, name, operation], "{script:?}");
    }
}

#[test]
fn parameters_are_found_anywhere() {
    let script = "a $b \"${c:-$d}\" $(e $f) `g $h` `i \\$j` $((k + $l)) <<E\n$m $(n $o)\nE\n";
    let parsed = read(script);
    let names: Vec<_> = parsed
        .parameters
        .iter()
        .map(|p| p.name.text(script))
        .collect();
    assert_eq!(names, ["b", "c", "d", "f", "h", "j", "k", "l", "m", "o"]);
}

#[test]
fn substitutions_hold_their_commands() {
    let script = "a $(b \"$(c)\") <(d) `e` `f \\`g\\``";
    let parsed = read(script);
    let all: Vec<_> = parsed
        .substitutions
        .iter()
        .map(|s| (s.span.text(script), s.items.as_ref().map(Vec::len)))
        .collect();
    assert_eq!(
        all,
        [
            ("$(b \"$(c)\")", Some(1)),
            ("$(c)", Some(1)),
            ("<(d)", Some(1)),
            ("`e`", Some(1)),
            ("`f \\`g\\``", None),
        ]
    );
}

#[test]
fn quotes_in_expansions_follow_the_shells() {
    assert_eq!(
        commands("a \"${b:-it's}\" \"${c#'}'}\" ${d:-'}'}"),
        [["a", "\"${b:-it's}\"", "\"${c#'}'}\"", "${d:-'}'}"]]
    );
    assert_rejected(&["a \"${b#it's}\"", "a ${b:-it's}", "a $[1]"]);
}

#[test]
fn literals_are_values_without_quotes() {
    let literal = |script: &str| word(script).literal(script).map(Cow::into_owned);
    for (script, value) in [
        ("apt-get", "apt-get"),
        ("'a b'", "a b"),
        ("\"a\\\"b\\c\"", "a\"b\\c"),
        ("a\\ b", "a b"),
        ("''", ""),
        ("[", "["),
        ("{}", "{}"),
        ("a{b}", "a{b}"),
        ("'*'", "*"),
        ("a~b", "a~b"),
        ("é\\é", "éé"),
        ("1:2.3~rc1", "1:2.3~rc1"),
        ("\"$\"", "$"),
    ] {
        assert_eq!(literal(script).as_deref(), Some(value), "{script:?}");
    }
    for script in [
        "$a", "\"$a\"", "`a`", "$(a)", "$((1))", "a*", "a?", "[ab]", "~", "~/a", "--b=~/a", "a:~",
        "{a,b}", "{1..3}", "$'a'", "$\"a\"", "<(a)", "${a:-b}",
    ] {
        assert_eq!(literal(script), None, "{script:?}");
    }
}

#[test]
fn expansion_refuses_what_would_be_split() {
    let lookup = |name: &str| match name {
        "v" => Some("1.2".to_owned()),
        "spaced" => Some("a b".to_owned()),
        "none" => Some(String::new()),
        _ => None,
    };
    let expand = |script: &str| word(script).expand(script, &lookup);
    assert_eq!(expand("pkg-$v-${v}").as_deref(), Some("pkg-1.2-1.2"));
    assert_eq!(expand("\"$spaced\"").as_deref(), Some("a b"));
    assert_eq!(expand("\"$none\"").as_deref(), Some(""));
    for script in ["$spaced", "$none", "$unknown", "\"${v:-x}\"", "${#v}"] {
        assert_eq!(expand(script), None, "{script:?}");
    }
    assert_eq!(
        word("$a\"$b\"${c%d}'$e'").parameters("$a\"$b\"${c%d}'$e'"),
        ["a", "b", "c"]
    );
}

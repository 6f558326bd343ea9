//! Commands, lists and here-documents.

use super::*;

fn compound(script: &str) -> Compound {
    let parsed = read(script);
    match &parsed.items[0].first.commands[0] {
        Command::Compound(compound) => (**compound).clone(),
        other => panic!("{script:?}: {other:?}"),
    }
}

#[test]
fn lists_hold_operators_and_terminators() {
    let script = "a && b || c; d &\ne";
    let parsed = read(script);
    let ends: Vec<_> = parsed
        .items
        .iter()
        .map(|item| item.terminator.map(|(kind, _)| kind))
        .collect();
    assert_eq!(
        ends,
        [Some(Terminator::Semi), Some(Terminator::Background), None]
    );
    let first = &parsed.items[0];
    assert_eq!(first.span.text(script), "a && b || c");
    let operators: Vec<_> = first
        .rest
        .iter()
        .map(|(kind, span, _)| (*kind, span.text(script)))
        .collect();
    assert_eq!(operators, [(Connector::And, "&&"), (Connector::Or, "||")]);
}

#[test]
fn a_newline_may_follow_an_operator_but_not_come_before() {
    assert_eq!(commands("a &&\n # why\n\n b |\n c").len(), 3);
    assert_rejected(&[
        "a\n&& b", "&& a", "a &&", "a | ", "a ;; b", "a ; ; b", "a & ; b", ";",
    ]);
}

#[test]
fn pipelines_are_negated_by_an_odd_number_of_marks() {
    let first = |script: &str| read(script).items[0].first.clone();
    assert!(first("! a | b").negated);
    assert!(!first("! ! a").negated);
    assert_eq!(first("a |& b").commands.len(), 2);
    assert_rejected(&["a | ! b", "!"]);
}

#[test]
fn time_is_a_keyword_only_where_bash_can_measure_something() {
    assert!(read("time -p a | b").items[0].first.timed);
    assert_eq!(commands("time a"), [["a"]]);
    assert_eq!(commands("time -f %e a"), [["time", "-f", "%e", "a"]]);
    assert_eq!(
        commands("time; a | time b"),
        [vec!["time"], vec!["a"], vec!["time", "b"]]
    );
}

#[test]
fn words_end_at_blanks_and_operators_outside_quotes() {
    assert_eq!(
        commands("a 'b c' \"d;e\" f\\ g h#i #j"),
        [["a", "'b c'", "\"d;e\"", "f\\ g", "h#i"]]
    );
    assert_eq!(commands("a;b&c|d"), [["a"], ["b"], ["c"], ["d"]]);
    assert_eq!(
        commands("a $(b; \"c d\" ')' )e `f g`h"),
        [["a", "$(b; \"c d\" ')' )e", "`f g`h"]]
    );
    assert_eq!(commands("a <(b c) d>(e f)"), [["a", "<(b c)", "d>(e f)"]]);
    assert_rejected(&["'a", "\"a", "`a", "$(a", "${a", "$'a", "a)", "(a", "a (b)"]);
}

#[test]
fn joined_lines_belong_to_a_word_only_inside_it() {
    assert_eq!(
        commands("apt-get in\\\nstall\\\n  curl \\\n git\\\n"),
        [["apt-get", "in\\\nstall", "curl", "git"]]
    );
    assert_eq!(
        word("in\\\nstall").literal("in\\\nstall").expect("a value"),
        "install"
    );
    assert_eq!(commands("while\\\n a; do\\\n b; done"), [["a"], ["b"]]);
    assert_rejected(&["echo $\\\nname", "echo $na\\\nme", "a &\\\n& b"]);
}

#[test]
fn assignments_come_before_the_first_word() {
    let script = "A=b c+=d e[1]=f g=(h i) run J=k";
    let parsed = read(script);
    let simple = parsed.simple_commands()[0];
    let names: Vec<_> = simple
        .assignments
        .iter()
        .map(|a| a.name.text(script))
        .collect();
    assert_eq!(names, ["A", "c", "e", "g"]);
    let values: Vec<_> = simple
        .assignments
        .iter()
        .map(|a| a.value.text(script))
        .collect();
    assert_eq!(values, ["b", "d", "f", "(h i)"]);
    assert!(simple.assignments[1].append && simple.assignments[3].array);
    assert_eq!(
        simple.assignments[2]
            .subscript
            .expect("a value")
            .text(script),
        "1"
    );
    assert_eq!(commands(script), [["run", "J=k"]]);
}

#[test]
fn the_arguments_of_declarations_are_words() {
    assert_eq!(
        commands("export A=\"b c\" D"),
        [["export", "A=\"b c\"", "D"]]
    );
    assert_eq!(
        commands("local a=(b c) d[1]+=(e)"),
        [["local", "a=(b c)", "d[1]+=(e)"]]
    );
    assert_rejected(&["echo a=(b)", "export a-b=(c)", "a= (b)", "a=(b; c)"]);
}

#[test]
fn redirections_know_their_operator_and_descriptor() {
    use RedirectOperator::*;
    let script = "a 2>b >>c <d <>e >|f 2>&1 <&- &>g &>>h <<<i {fd}>j 3x>k";
    let parsed = read(script);
    let redirects = &parsed.simple_commands()[0].redirects;
    let operators: Vec<_> = redirects.iter().map(|redirect| redirect.operator).collect();
    assert_eq!(
        operators,
        [
            Write,
            Append,
            Read,
            ReadWrite,
            Clobber,
            DuplicateOutput,
            DuplicateInput,
            WriteAll,
            AppendAll,
            HereString,
            Write,
            Write,
        ]
    );
    let of = |at: usize| redirects[at].descriptor.map(|span| span.text(script));
    assert_eq!(
        (of(0), of(1), of(5), of(10), of(11)),
        (Some("2"), None, Some("2"), Some("{fd}"), None)
    );
    assert_eq!(redirects[5].span.text(script), "2>&1");
    assert_eq!(commands(script), [["a", "3x"]]);
    assert_rejected(&["a >", "a > | b", "a > 2>b", "a <\nb"]);
}

#[test]
fn here_documents_start_after_the_line() {
    let script = "cat <<A <<-'B' | tee x\n$a\nA\n\t$b\n\tB\nc";
    let parsed = read(script);
    let bodies: Vec<_> = parsed
        .here_documents
        .iter()
        .map(|d| d.body.text(script))
        .collect();
    assert_eq!(bodies, ["$a\n", "\t$b\n"]);
    assert!(parsed.here_documents[0].expands && !parsed.here_documents[1].expands);
    assert_eq!(commands(script), [vec!["cat"], vec!["tee", "x"], vec!["c"]]);
    let names: Vec<_> = parsed
        .parameters
        .iter()
        .map(|p| p.name.text(script))
        .collect();
    assert_eq!(names, ["a"]);
    let redirects = &parsed.simple_commands()[0].redirects;
    assert_eq!(redirects[1].here_document, Some(1));
}

#[test]
fn a_here_document_ends_only_at_a_line_of_its_own() {
    let body = |script: &str| read(script).here_documents[0].body.text(script).to_owned();
    assert_eq!(body("a <<E\nx E\n E\nE \nEE\nE\nb"), "x E\n E\nE \nEE\n");
    assert_eq!(body("a <<E\nx\\\nE\nE"), "x\\\nE\n");
    assert_eq!(body("a <<\\E\nx\\\nE\nE"), "x\\\n");
    assert_eq!(body("a <<E\n$( ` ${ $x\nE\n"), "$( ` ${ $x\n");
    assert_eq!(body("a $(cat <<E\nx\nE\n) b"), "x\n");
    assert_eq!(body("a <<E"), "");
    assert_eq!(body("a <<E\nno end"), "no end");
}

#[test]
fn compound_commands_have_their_lists_in_order() {
    let all = [
        ("( a )", CompoundKind::Subshell, 1),
        ("{ a; b; }", CompoundKind::Group, 1),
        (
            "if a; then b; elif c; then d; else e; fi",
            CompoundKind::If,
            5,
        ),
        ("if ( a ) then b; fi", CompoundKind::If, 2),
        ("while a; do b; done", CompoundKind::While, 2),
        ("until a\ndo b\ndone", CompoundKind::Until, 2),
        ("for x in a b; do c; done", CompoundKind::For, 1),
        ("for x do c; done", CompoundKind::For, 1),
        ("for x in a; { b; }", CompoundKind::For, 1),
        (
            "for ((i = 0; i < 3; i++)); do a; done",
            CompoundKind::ArithmeticFor,
            1,
        ),
        ("select x in a; do b; done", CompoundKind::Select, 1),
        (
            "case $x in a|b) c;; (d) ;& *) e; esac",
            CompoundKind::Case,
            3,
        ),
        ("case x in esac", CompoundKind::Case, 0),
        (
            "[[ -f a && ! ( b == c* || $d =~ ^(e|f g)+$ ) ]]",
            CompoundKind::Test,
            0,
        ),
        ("(( a << 2 ))", CompoundKind::Arithmetic, 0),
        ("((a); (b))", CompoundKind::Subshell, 1),
        ("coproc NAME { a; }", CompoundKind::Coprocess, 1),
        ("coproc a b", CompoundKind::Coprocess, 1),
    ];
    for (script, kind, bodies) in all {
        let compound = compound(script);
        assert_eq!(
            (compound.kind, compound.bodies.len()),
            (kind, bodies),
            "{script:?}"
        );
        assert_eq!(compound.span.text(script), script);
    }
}

#[test]
fn compound_commands_have_their_words_and_redirections() {
    let words = |script: &str| -> Vec<String> {
        compound(script)
            .words
            .iter()
            .map(|word| word.text(script).to_owned())
            .collect()
    };
    assert_eq!(
        words("for x in a \"b c\" $d; do e; done"),
        ["a", "\"b c\"", "$d"]
    );
    assert_eq!(
        words("case $x in a|b) c;; d) e;; esac"),
        ["$x", "a", "b", "d"]
    );
    assert_eq!(words("[[ -f a && b =~ (c|d) ]]"), ["a", "b", "(c|d)"]);
    let script = "{ a; } >b 2>&1";
    assert_eq!(compound(script).redirects.len(), 2);
    assert_eq!(compound(script).span.text(script), script);
}

#[test]
fn incomplete_compound_commands_are_rejected() {
    assert_rejected(&[
        "( )",
        "{ }",
        "{ a }",
        "{a; }",
        "if a; fi",
        "if a; then fi",
        "if a; then b; fi c",
        "fi",
        "while a; { b; }",
        "for x in a do b; done",
        "for x in a>b; do c; done",
        "case x in a b) c;; esac",
        "case x a) b;; esac",
        "[[ a b ]]",
        "[[ -f ]]",
        "[[ a",
        "((a)) b",
        "(a) b",
        "a; }",
        "in",
        "for ((a; b)); do c; done",
        "{ { a; } >b }",
    ]);
}

#[test]
fn functions_are_written_in_two_ways() {
    for script in [
        "f() { a; }",
        "f ( ) ( a )",
        "f()\n{ a; } >b",
        "function f { a; }",
        "function f() { a; }",
    ] {
        let parsed = read(script);
        let Command::Function(function) = &parsed.items[0].first.commands[0] else {
            panic!()
        };
        assert_eq!(function.name.text(script), "f");
        assert_eq!(function.span.text(script), script);
        assert_eq!(commands(script), [["a"]]);
    }
    assert_rejected(&[
        "a f() { b; }",
        "A=b f() { c; }",
        "function f a",
        "f(x) { a; }",
    ]);
}

#[test]
fn and_lists_are_recognised() {
    let len = |script: &str| {
        parse(script)
            .expect("a value")
            .and_list()
            .map(|commands| commands.len())
    };
    assert_eq!(len("a && { b; } && c"), Some(3));
    for script in ["a || b", "a; b", "a;", "a &", "a | b && c", "! a && b", ""] {
        assert_eq!(len(script), None, "{script:?}");
    }
}

#[test]
fn comments_are_kept() {
    let script = "#a\nb #c\nd $(e #f\n) 'g #h'";
    let comments = read(script).comments;
    assert_eq!(
        comments
            .iter()
            .map(|span| span.text(script))
            .collect::<Vec<_>>(),
        ["#a", "#c", "#f"]
    );
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = |open: &str, close: &str, depth| open.repeat(depth) + "a" + &close.repeat(depth);
    let pairs = [
        ("( ", ")"),
        ("$(", ")"),
        ("${a:-", "}"),
        ("\"$(", ")\""),
        ("$((", "))"),
        ("{ ", ";}"),
        ("<(", ")"),
        ("if a; then ", "; fi"),
        ("f() ", ""),
        ("coproc ", ""),
        ("[[ ( ", ""),
        ("a=(", ")"),
        ("`", ""),
        ("$( (", "))"),
        ("a[$(", ")]"),
        ("$(cat <<E\n", ")\nE\n"),
        ("$((1)$(", "))"),
    ];
    for (open, close) in pairs {
        assert!(
            parse(&deep(open, close, 10_000)).is_err() || open == "`",
            "{open:?}"
        );
        let _ = parse(&deep(open, close, 90));
    }
    let script = deep("$(", ")", 90);
    assert_eq!(word(&script).parts(&script).len(), 1);
}

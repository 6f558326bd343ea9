//! Scripts, and what their words stand for.

use super::values::LONGEST;
use super::*;
use crate::syntax::shell;

fn last_word(text: &str) -> Vec<String> {
    let script = shell::parse(text).unwrap_or_default();
    let mut variables = ShellVariables::default();
    let variable = |name: &str| (name == "GIVEN").then(|| "/given".to_owned());
    let called_with = ["./run.sh", "make", "all day"].map(str::to_owned);
    let given = Given {
        words: Some(&called_with),
        variable: &variable,
    };
    let mut values = Vec::new();
    for (loops, simple) in in_order(&script) {
        variables.note(&script, (&loops, simple), text, given);
        let mut substitutions = script.substitutions.iter();
        if let Some(word) = simple.words.last()
            && !substitutions.any(|inside| inside.span.contains(simple.span))
        {
            values = variables.values(*word, text, given);
        }
    }
    values.into_iter().map(|value| value.text).collect()
}

#[test]
fn variables_have_what_the_script_assigns_or_their_default() {
    let is = |script, value: &str| assert_eq!(last_word(script), [value]);
    is("D=${D:-/srv/x}\nmkdir -p \"$D/a\"", "/srv/x/a");
    is("export D=\"/srv\"; A=$D/x; mkdir $A", "/srv/x");
    is(": \"${D:=/srv/x}\"\nmkdir $D", "/srv/x");
    is("mkdir \"${A-${B:-/srv}}\"/'x y'", "/srv/x y");
    is("mkdir ${GIVEN:-/srv}", "/given");
    is("GIVEN=/own; mkdir $GIVEN", "/own");
    is("GIVEN=$GIVEN/own; mkdir $GIVEN", "/given/own");
}

#[test]
fn branches_and_loops_give_several_values() {
    let are = |script, values: &[&str]| assert_eq!(last_word(script), values);
    are("D=/a; if x; then D=/b; fi; mkdir $D/x", &["/a/x", "/b/x"]);
    are("[ -n \"$E\" ] && GIVEN=$E; mkdir $GIVEN", &["/given", "$E"]);
    are("x || GIVEN=/b; mkdir $GIVEN", &["/given", "/b"]);
    are("f() { D=/a; D=$D/b; mkdir $D; }", &["/a/b"]);
    are(
        "case $x in a) D=/a ;; *) D=/b ;; esac; { mkdir $D; }",
        &["/a", "/b"],
    );
    are("for d in /a '/b c'; do mkdir \"$d\"; done", &["/a", "/b c"]);
    assert_eq!(alternatives("/x{/a,}/c"), ["/x/a/c", "/x/c"]);
    assert_eq!(alternatives(&"{a,b}".repeat(40)).len(), MOST);
    are("A=(/a \"/b\"); mkdir \"${A[@]}\"", &["/a", "/b"]);
}

#[test]
fn what_a_command_prints_stays_as_it_is_written() {
    let is = |script: &str, value: &str| assert_eq!(last_word(script), [value]);
    is("D=/a; D=$(cfg); mkdir $D", "$(cfg)");
    is("GIVEN=$(cfg); mkdir $GIVEN", "$(cfg)");
    is("D=/a/$NAME; mkdir \"$D/b\"", "/a/$NAME/b");
    is("mkdir ${D#x}$7", "${D#x}$7");
    is("mkdir ${D%/*}", "${D%/*}");
    let known = last_word("D=$(cfg); mkdir ${D:-/srv}");
    assert_eq!(known, ["$(cfg)", "/srv"]);
    let doubled = format!("D=/a; {}mkdir $D", "D=$D$D; ".repeat(60));
    assert!(
        last_word(&doubled)
            .iter()
            .all(|value| value.len() <= LONGEST)
    );
}

#[test]
fn the_folder_around_what_is_not_known_is() {
    assert_eq!(folder_around_unknown("/data/$NAME/x"), Some("/data"));
    assert_eq!(folder_around_unknown("/data/x-$(date).log"), Some("/data"));
    assert_eq!(folder_around_unknown("/$NAME"), Some("/"));
    assert_eq!(folder_around_unknown("$D/x"), None);
    assert_eq!(folder_around_unknown("/data/x"), None);
}

#[test]
fn parts_of_values_are_taken_away() {
    let is = |script: &str, value: &str| assert_eq!(last_word(script), [value]);
    is("D=/a/; mkdir ${D%/}/b", "/a/b");
    is("F=/a/b.c.tpl; cp x ${F%.tpl}", "/a/b.c");
    is(
        "F=/a/b.c; cp x ${F%%.*}${F##*/}${F#/}${F%/*}",
        "/a/bb.ca/b.c/a",
    );
    is("F=/a; F+=/b; cp x $F", "/a/b");
}

#[test]
fn words_that_a_script_is_called_with_are_known() {
    fn called(text: &str) -> Vec<Vec<String>> {
        let script = shell::parse(text).unwrap_or_default();
        let mut variables = ShellVariables::default();
        let called_with = ["./run.sh", "make", "all day"].map(str::to_owned);
        let given = Given {
            words: Some(&called_with),
            variable: &|_| None,
        };
        let mut lines = Vec::new();
        for (loops, simple) in in_order(&script) {
            variables.note(&script, (&loops, simple), text, given);
            lines = variables.lines(simple, text, given);
        }
        let words = |line: Vec<Value>| line.into_iter().map(|word| word.text).collect();
        lines.into_iter().map(words).collect()
    }
    assert_eq!(called("exec \"$@\""), [["exec", "make", "all day"]]);
    assert_eq!(called("exec $*"), [["exec", "make", "all", "day"]]);
    assert_eq!(called("C=\"$1 run\"; $C"), [["make", "run"]]);
    assert_eq!(called("${3:-git pull}"), [["git", "pull"]]);
    assert_eq!(
        called("for t in a b; do $t -v; done"),
        [["a", "-v"], ["b", "-v"]]
    );
}

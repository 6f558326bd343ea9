//! What holds for every script.

use dfopt::syntax::shell::parse;
use proptest::prelude::*;

use super::invariants::shell::check;
use super::properties::config;

/// Pieces of scripts; joined at random they are nearly always wrong, but rarely at once.
const PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    ";",
    "&&",
    "||",
    "|",
    "&",
    "(",
    ")",
    "{ ",
    "; }",
    "a",
    "b=",
    "é",
    "-x",
    "12",
    "if ",
    "; then ",
    "; else ",
    "; fi",
    "for i in ",
    "; do ",
    "; done",
    "while ",
    "case a in ",
    ";;",
    " esac",
    "[[ ",
    " ]]",
    "((",
    "))",
    "$(",
    "$((",
    "${",
    "}",
    "`",
    "\"",
    "'",
    "\\",
    "$",
    "$'",
    "$x",
    ":-",
    "[",
    "]",
    "<",
    ">",
    "2>&1",
    "<<E",
    "<<-'E'",
    "\nE\n",
    "<<<",
    "<(",
    "#",
    "!",
    "time ",
    "f()",
    "=(",
    "~",
    "*",
    "\\\n",
];

fn scripts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn pieces_of_scripts_are_read_or_refused(script in scripts()) {
        check(&script);
    }

    #[test]
    fn any_text_is_read_or_refused(script in "\\PC{0,40}") {
        check(&script);
    }

    #[test]
    fn what_is_in_substitutions_is_read_alike(script in scripts()) {
        let script = script.trim_end_matches('\\');
        let inside = format!("a $( {script}\n)");
        if let (Ok(plain), Ok(nested)) = (parse(script), parse(&inside)) {
            let items = nested.substitutions[0].items.as_ref().map(Vec::len);
            prop_assert_eq!(items, Some(plain.items.len()));
        }
    }
}

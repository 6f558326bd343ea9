//! What each byte means to the scanner.

/// Ends a word, unless it is quoted: a blank, the end of a line, or the start of an operator.
pub(super) const BREAK: u8 = 1;
/// Starts a quote or an expansion outside of quotes.
pub(super) const QUOTE: u8 = 2;
/// Ends double quotes, or starts an escape or an expansion inside of them.
pub(super) const DOUBLE: u8 = 4;
/// May stand in a name.
pub(super) const NAME: u8 = 8;
/// A decimal digit.
pub(super) const DIGIT: u8 = 16;
/// Names a special parameter.
pub(super) const SPECIAL: u8 = 32;
/// May start a redirection.
pub(super) const REDIRECT: u8 = 64;
/// Occurs in a reserved word.
pub(super) const KEYWORD: u8 = 128;

/// Whether `byte` is in one of `classes`.
pub(super) fn is(byte: u8, classes: u8) -> bool {
    TABLE[usize::from(byte)] & classes != 0
}

/// Whether a name can start with `byte`.
pub(super) fn starts_name(byte: u8) -> bool {
    TABLE[usize::from(byte)] & (NAME | DIGIT) == NAME
}

static TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let table = add([0; 256], b" \t\n;&|<>()", BREAK);
    let table = add(table, b"\\'\"`$", QUOTE);
    let table = add(table, b"\\\"`$", DOUBLE);
    let table = add(
        table,
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_",
        NAME,
    );
    let table = add(table, b"0123456789", NAME | DIGIT);
    let table = add(table, b"@*#?-$!", SPECIAL);
    let table = add(table, b"<>&{0123456789", REDIRECT);
    add(table, b"acdefhilmnoprstuw![{}", KEYWORD)
}

const fn add(mut table: [u8; 256], bytes: &[u8], class: u8) -> [u8; 256] {
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] |= class;
        i += 1;
    }
    table
}

//! Patterns for one name, as Go's `filepath.Match` reads them: in the sources of a `COPY`, and to
//! tell which patterns of an ignore file BuildKit accepts.

/// Whether `name` matches `pattern`: `*`, `?`, `[a-z]`, and `\` in front of any character that stands
/// for itself. A malformed pattern, with which a build fails, matches nothing.
#[must_use]
pub fn matches_name(pattern: &str, name: &str) -> bool {
    // Of the names in a large folder, nearly all fail at one end already.
    let first = pattern.bytes().next().filter(|first| !is_special(*first));
    if first.is_some() && first != name.bytes().next() {
        return false;
    }
    let Some(first) = pattern.bytes().position(is_special) else {
        return pattern == name;
    };
    let (start, rest) = pattern.split_at(first);
    let Some(inside) = name.strip_prefix(start) else {
        return false;
    };
    match rest.strip_prefix('*') {
        Some(end) if !end.bytes().any(is_special) => inside.ends_with(end),
        _ => elements(rest).is_some_and(|elements| matches(&elements, inside)),
    }
}

/// Whether the byte is no character of a name that stands for itself.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

/// Whether `filepath.Match` takes the pattern.
pub(super) fn is_well_formed(pattern: &str) -> bool {
    elements(pattern).is_some()
}

enum Element {
    /// `*`
    Star,
    /// `?`
    Any,
    Literal(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Element {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Literal(literal) => *literal == c,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&c)) != *negated
            }
        }
    }
}

fn elements(pattern: &str) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        elements.push(match c {
            '*' => Element::Star,
            '?' => Element::Any,
            '\\' => Element::Literal(chars.next()?),
            '[' => class(&mut chars)?,
            literal => Element::Literal(literal),
        });
    }
    Some(elements)
}

/// What stands behind a `[`. It holds at least one character, and `-` and `]` only with a `\`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Element> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let end = chars.next_if_eq(&']').is_some();
        if end {
            return (!ranges.is_empty()).then_some(Element::Class { negated, ranges });
        }
        let low = class_member(chars)?;
        let high = match chars.next_if_eq(&'-') {
            Some(_) => class_member(chars)?,
            None => low,
        };
        ranges.push((low, high));
    }
}

fn class_member(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

fn matches(elements: &[Element], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut n) = (0, 0);
    // Where to go on when the text behind the last `*` does not match.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match elements.get(at) {
            Some(Element::Star) => {
                at += 1;
                retry = Some((at, n));
            }
            Some(element) if element.takes(name[n]) => (at, n) = (at + 1, n + 1),
            _ => {
                let Some((behind_star, from)) = retry else {
                    return false;
                };
                (at, n) = (behind_star, from + 1);
                retry = Some((behind_star, n));
            }
        }
    }
    let mut rest = elements[at..].iter();
    rest.all(|element| matches!(element, Element::Star))
}

#[cfg(test)]
mod tests {
    use super::{is_well_formed, matches_name};

    #[test]
    fn names_match_as_in_go() {
        for (pattern, name, matched) in [
            ("[a-c]?.txt", "b1.txt", true),
            ("[^a-c]*", "b1.txt", false),
            ("package*.json", "package-lock.json", true),
            ("*.tar.gz", "a.tar.tar.gz", true),
            ("a*a", "a", false),
            (r"*\]", "x]", true),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a?b", "a☺b", true),
            ("[α-ω]*", "βeta", true),
            ("[\\]a]", "]", true),
            ("[\\-x]", "-", true),
            ("[\\-x]", "a", false),
            ("*", "", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches_name(pattern, name), matched, "{pattern} {name}");
        }
    }

    #[test]
    fn malformed_patterns_are_found_to_be_so() {
        for pattern in [
            "[", "[^", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "a[", "[^bc", "a\\",
        ] {
            assert!(!is_well_formed(pattern), "{pattern}");
            assert!(!matches_name(pattern, "a"), "{pattern}");
        }
    }
}

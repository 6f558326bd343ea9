//! The patterns of `${name#pattern}`: `*`, `?` and literal characters.

/// A compiled pattern. Neither `*` nor `?` matches a line feed.
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Copy)]
enum Part {
    Literal(char),
    AnyChar,
    AnyText,
}

impl Part {
    fn accepts(self, c: char) -> bool {
        match self {
            Self::Literal(literal) => literal == c,
            Self::AnyChar | Self::AnyText => c != '\n',
        }
    }
}

impl Pattern {
    /// Reads a pattern. Fails where a backslash escapes anything but `*`, `?`, `\`, `}` and `/`. Go's scanner
    /// discards a byte order mark in front.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let pattern = pattern.strip_prefix('\u{feff}').unwrap_or(pattern);
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::AnyText,
                '?' => Part::AnyChar,
                // The backslash of these only kept the braces together.
                '\\' if matches!(chars.peek(), Some('}' | '/')) => continue,
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => Part::Literal(escaped),
                    other => {
                        let escaped = other.map(String::from).unwrap_or_default();
                        return Err(format!(
                            "invalid pattern ({pattern}) in substitution: invalid escape '\\{escaped}'"
                        ));
                    }
                },
                literal => Part::Literal(literal),
            });
        }
        Ok(Self { parts })
    }

    /// Reads a pattern for [`trim_end`](Self::trim_end): `BuildKit` turns it round, each escape in front of what
    /// it escapes, and only then reads it.
    pub(super) fn backwards(pattern: &str) -> Result<Self, String> {
        let mut rest = pattern;
        let mut pieces = Vec::new();
        while let Some(first) = rest.chars().next() {
            let escaped = rest[first.len_utf8()..].chars().next();
            let escaped = escaped.filter(|_| first == '\\').map_or(0, char::len_utf8);
            let (piece, behind) = rest.split_at(first.len_utf8() + escaped);
            pieces.push(piece);
            rest = behind;
        }
        pieces.reverse();
        Self::new(&pieces.concat())
    }

    /// `value` without what the pattern matches at its start.
    pub(super) fn trim_start<'v>(&self, value: &'v str, longest: bool) -> &'v str {
        let end = match_length(self.parts.iter().copied(), value.chars(), longest);
        &value[end.unwrap_or(0)..]
    }

    /// `value` without what the pattern, read [`backwards`](Self::backwards), matches at its end.
    pub(super) fn trim_end<'v>(&self, value: &'v str, longest: bool) -> &'v str {
        let length = match_length(self.parts.iter().copied(), value.chars().rev(), longest);
        &value[..value.len() - length.unwrap_or(0)]
    }

    /// `value` with the first match replaced, or with all.
    pub(super) fn replace(&self, value: &str, replacement: &str, all: bool) -> String {
        if all {
            self.replace_all(value, replacement)
        } else {
            self.replace_first(value, replacement)
        }
    }

    fn replace_first(&self, value: &str, replacement: &str) -> String {
        match self.find(value, 0) {
            Some((start, end)) => [&value[..start], replacement, &value[end..]].concat(),
            None => value.to_owned(),
        }
    }

    /// `value` with every match replaced. `$` and braces in `replacement` mean what they mean in
    /// Go's regular expressions, which have no groups here.
    fn replace_all(&self, value: &str, replacement: &str) -> String {
        let mut result = String::new();
        let (mut copied, mut from) = (0, 0);
        while let Some((start, end)) = self.find(value, from) {
            // An empty match right behind the last one does not count.
            if end > copied || start == 0 {
                result.push_str(&value[copied..start]);
                result.push_str(&filled_in(replacement, &value[start..end]));
                copied = end;
            }
            let step = value[from..].chars().next().map_or(1, char::len_utf8);
            from = end.max(from + step);
            if from > value.len() {
                break;
            }
        }
        result.push_str(&value[copied..]);
        result
    }

    /// The leftmost match at or behind `from`, as long as it can be.
    fn find(&self, value: &str, from: usize) -> Option<(usize, usize)> {
        let starts = value[from..]
            .char_indices()
            .map(|(at, _)| from + at)
            .chain([value.len()]);
        for start in starts {
            let rest = value[start..].chars();
            if let Some(length) = match_length(self.parts.iter().copied(), rest, true) {
                return Some((start, start + length));
            }
        }
        None
    }
}

/// Bytes of the shortest or longest stretch at the start of `text` that `parts` match.
///
/// All positions in the pattern advance together, so the time is at most pattern times text.
fn match_length(
    parts: impl Iterator<Item = Part>,
    text: impl Iterator<Item = char>,
    longest: bool,
) -> Option<usize> {
    let parts: Vec<Part> = parts.collect();
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    skip_any_text(&parts, &mut reached);
    let mut length = 0;
    let mut best = reached[parts.len()].then_some(0);
    for c in text {
        if best.is_some() && !longest {
            break;
        }
        reached = advance(&parts, &reached, c);
        if !reached.contains(&true) {
            break;
        }
        length += c.len_utf8();
        if reached[parts.len()] {
            best = Some(length);
        }
    }
    best
}

/// The positions that can be reached from `reached` over `c`.
fn advance(parts: &[Part], reached: &[bool], c: char) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    for (at, part) in parts.iter().enumerate() {
        if reached[at] && part.accepts(c) {
            let stays = matches!(part, Part::AnyText);
            next[if stays { at } else { at + 1 }] = true;
        }
    }
    skip_any_text(parts, &mut next);
    next
}

/// A `*` may match nothing.
fn skip_any_text(parts: &[Part], reached: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        if reached[at] && matches!(part, Part::AnyText) {
            reached[at + 1] = true;
        }
    }
}

/// `replacement` with `$0` as the match, `$$` as a dollar and every other `$name` as nothing.
fn filled_in(replacement: &str, matched: &str) -> String {
    let mut result = String::new();
    let mut rest = replacement;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            result.push('$');
            rest = behind;
        } else if let Some((name, behind)) = group_name(rest) {
            result.push_str(if name == "0" { matched } else { "" });
            rest = behind;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

/// The group name at the start of `text`, braces removed, and what follows it.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let inner = braced.unwrap_or(text);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let length = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let (name, behind) = inner.split_at(length);
    let behind = if braced.is_some() {
        behind.strip_prefix('}')?
    } else {
        behind
    };
    (!name.is_empty()).then_some((name, behind))
}

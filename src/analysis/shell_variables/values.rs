//! What words and variables of scripts stand for.

/// How many values of a variable, or of a word, are told apart.
pub(super) const MOST: usize = 32;

/// How long a path may be on Linux: what is longer is none.
pub(super) const LONGEST: usize = 4096;

/// What a word or a variable may stand for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// As far as it is known; what only a running shell knows is as it is written.
    pub text: String,
    /// Whether it is that whenever the command runs.
    pub is_known: bool,
}

impl Value {
    pub(super) fn known(text: impl Into<String>) -> Self {
        let text = text.into();
        let is_known = true;
        Self { text, is_known }
    }

    pub(super) fn as_written(text: &str) -> Self {
        let is_known = false;
        Self {
            text: text.to_owned(),
            is_known,
        }
    }

    /// The same as a default.
    pub(super) fn if_not_given(self) -> Self {
        let is_known = false;
        Self { is_known, ..self }
    }

    /// Whether no part of it waits for a running shell; what names several files may stand in it.
    pub(super) fn is_text(&self) -> bool {
        self.is_known || !self.text.contains(['$', '`'])
    }

    /// This and `end` in one word.
    fn and(&self, end: &Self) -> Self {
        Self {
            text: format!("{}{}", self.text, end.text),
            is_known: self.is_known && end.is_known,
        }
    }
}

/// Each of `starts` with each of `ends` behind it, as far as these may be paths.
pub(super) fn joined(starts: &[Value], ends: &[Value]) -> Vec<Value> {
    let both = starts
        .iter()
        .flat_map(|start| ends.iter().map(|end| start.and(end)));
    let paths = both.filter(|value| value.text.len() <= LONGEST);
    paths.take(MOST).collect()
}

/// What `${A%/}`, `${A%.*}`, `${A##*/}` and the like leave of `value`: a text, or the rest up to one, is taken away.
pub(super) fn trimmed(value: &Value, operation: &str) -> Option<Value> {
    let text = Some(value.text.as_str()).filter(|_| value.is_text())?;
    let sign = operation.chars().next()?;
    let pattern = operation.trim_start_matches(sign);
    let takes_most = operation.len() - pattern.len() > 1;
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let is_text = |text: &str| !text.contains(['*', '?', '[', '\\', '"', '\'', '$', '`']);
    if !is_text(start) || !is_text(end) {
        return None;
    }
    let rest = match (sign, pattern.contains('*')) {
        ('%', false) => text.strip_suffix(pattern),
        ('#', false) => text.strip_prefix(pattern),
        ('%', true) if end.is_empty() => {
            let at = if takes_most {
                text.find(start)
            } else {
                text.rfind(start)
            };
            at.map(|at| &text[..at])
        }
        ('#', true) if start.is_empty() => {
            let at = if takes_most {
                text.rfind(end)
            } else {
                text.find(end)
            };
            at.map(|at| &text[at + end.len()..])
        }
        _ => return None,
    };
    let is_known = value.is_known;
    let text = rest.unwrap_or(text).to_owned();
    Some(Value { text, is_known })
}

/// What bash makes of braces: `/a/{b,c}` are `/a/b` and `/a/c`.
pub(super) fn alternatives(word: &str) -> Vec<String> {
    let inner = word.find('}').and_then(|end| {
        let start = word[..end].rfind('{')?;
        let inside = &word[start + 1..end];
        let outer = (&word[..start], &word[end + 1..]);
        inside.contains(',').then_some((outer, inside))
    });
    let Some(((before, behind), inside)) = inner else {
        return vec![word.to_owned()];
    };
    let one = |part: &str| alternatives(&format!("{before}{part}{behind}"));
    inside.split(',').flat_map(one).take(MOST).collect()
}

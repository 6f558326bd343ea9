//! Values in a Dockerfile that nobody may print.

use std::borrow::Cow;

use crate::engine::Outcome;

/// What is shown is covered by asterisks, so that columns stay what they are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hidden(Vec<String>);

impl Hidden {
    /// The values that the plans of `outcome` are about.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let made = outcome.journal.iter().map(|entry| &entry.rewrite.hides);
        let withheld = outcome.withheld.iter().map(|plan| &plan.rewrite.hides);
        let refused = outcome.refusals.iter().map(|plan| &plan.refusal.hides);
        let mut values: Vec<String> = made
            .chain(withheld)
            .chain(refused)
            .flatten()
            .cloned()
            .collect();
        values.retain(|value| !value.is_empty());
        // One may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self(values)
    }

    /// Whether `text` holds one of them.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0
            .iter()
            .any(|value| places(text, value).next().is_some())
    }

    /// `text` with each of them covered.
    #[must_use]
    pub fn cover<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut covered = Cow::Borrowed(text);
        for value in &self.0 {
            let found: Vec<usize> = places(&covered, value).collect();
            for at in found {
                let asterisks = "*".repeat(value.len());
                covered
                    .to_mut()
                    .replace_range(at..at + value.len(), &asterisks);
            }
        }
        covered
    }
}

/// Where `value` stands in `text`, and is not a part of a longer word.
fn places<'t>(text: &'t str, value: &'t str) -> impl Iterator<Item = usize> + 't {
    let found = text.match_indices(value).map(|(at, _)| at);
    found.filter(move |at| {
        !text[..*at].ends_with(char::is_alphanumeric)
            && !text[at + value.len()..].starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_covered_as_words() {
        let hidden = Hidden(vec!["pw-12".to_owned(), "pw".to_owned()]);
        assert_eq!(hidden.cover("A=pw-12 B='pw' pwd"), "A=***** B='**' pwd");
        assert!(hidden.is_in("x:pw@y") && !hidden.is_in("pwd"));
        assert_eq!(Hidden::default().cover("pw"), "pw");
    }
}

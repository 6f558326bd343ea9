//! Transforms by their ids.

use anyhow::{Result, anyhow};
use dfopt::transform::Transform;
use dfopt::transforms;

/// The transform that is called `id`.
pub(crate) fn by_id(id: &str) -> Result<&'static dyn Transform> {
    transforms::find(id).ok_or_else(|| {
        let hint = nearest(id, ids()).map_or_else(String::new, |nearest| {
            format!("; did you mean `{nearest}`?")
        });
        anyhow!("no transform is called `{id}`{hint} (--list names them all)")
    })
}

/// The ids of all transforms, in the order in which they run.
fn ids() -> impl Iterator<Item = &'static str> {
    transforms::ALL.iter().map(|transform| transform.info().id)
}

/// The candidate that is most like `word`, if one may have been meant.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let scored = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (best.0 > 0.7).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_may_have_been_meant() {
        let keys = ["safety", "transforms", "override"];
        assert_eq!(nearest("saftey", keys), Some("safety"));
        assert_eq!(nearest("overrides", keys), Some("override"));
        assert_eq!(nearest("colour", keys), None);
    }
}

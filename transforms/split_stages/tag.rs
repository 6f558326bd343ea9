//! A base image whose tag a build argument gives: `FROM node:${NODE_VERSION}`.
//!
//! Whoever builds may give another version, and the image of the runtime has to follow it.

use crate::knowledge::images::{Image, ImageRef, Runtime};
use crate::transform::Refusal;

use super::Site;

/// The reference of a base image with one variable in its tag, cut at the variable.
pub(super) struct VariableTag<'s> {
    before: &'s str,
    /// `${NODE_VERSION}`
    variable: &'s str,
    /// The version that it stands for in this build.
    value: &'s str,
    after: &'s str,
}

impl<'s> VariableTag<'s> {
    /// `written` is the reference with the variable, and `reference` the one that it stands for. `None` when it is not a
    /// version in a tag that the variable stands for: of anything else it is not known what another build may give.
    pub(super) fn read(written: &'s str, reference: &'s str) -> Option<Self> {
        let (before, rest) = written.split_at(written.find('$')?);
        let end = match rest.strip_prefix("${") {
            Some(_) => rest.find('}')? + 1,
            None => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                1 + rest[1..].find(|c| !is_name(c)).unwrap_or(rest.len() - 1)
            }
        };
        let (variable, after) = rest.split_at(end);
        let value = reference.strip_prefix(before)?.strip_suffix(after)?;
        let is_in_tag = ImageRef::parse(before).tag.is_some() || before.ends_with(':');
        let tag = Self {
            before,
            variable,
            value,
            after,
        };
        (is_in_tag && !after.contains(['$', '@']) && tag.is_version()).then_some(tag)
    }

    fn is_version(&self) -> bool {
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        self.value.split('.').all(is_number)
    }

    /// The reference of `runtime` for whatever version is given. `None` when it hangs on the version in another way.
    pub(super) fn follow(&self, site: &Site<'_>, runtime: &Runtime) -> Option<String> {
        let reference = &runtime.reference;
        let same = reference.strip_prefix(self.before);
        let rest = same.and_then(|rest| rest.strip_prefix(self.value));
        let ends_there = |rest: &&str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.');
        if let Some(rest) = rest.filter(ends_there) {
            return Some(format!("{}{}{rest}", self.before, self.variable));
        }
        self.others()
            .all(|other| site.runs_in(&other, runtime))
            .then(|| reference.clone())
    }

    /// The references with a later version, in each of its numbers.
    fn others(&self) -> impl Iterator<Item = String> + '_ {
        let numbers: Vec<&str> = self.value.split('.').collect();
        (0..numbers.len()).map(move |later| {
            let number = |(nth, number): (usize, &&str)| match number.parse::<u64>() {
                Ok(number) if nth == later => (number + 1).to_string(),
                _ => (*number).to_owned(),
            };
            let version: Vec<String> = numbers.iter().enumerate().map(number).collect();
            format!("{}{}{}", self.before, version.join("."), self.after)
        })
    }

    /// What is taken for granted of those who give it another value. `packages` says whether packages are installed in the
    /// runtime: their names are those of one release.
    pub(super) fn assumption(&self, image: &Image<'_>, packages: bool) -> String {
        let floating = image.release.as_ref().filter(|release| !release.named);
        let release = floating
            .filter(|_| packages)
            .map_or_else(String::new, |release| {
                format!(", whose image is built on {} as well", release.name)
            });
        format!(
            "who gives {} another value gives a version, and none older than the default{release}",
            self.variable
        )
    }
}

impl Site<'_> {
    /// Whether what is built in the image called `reference` may run in `runtime`, as far as the tables know.
    fn runs_in(&self, reference: &str, runtime: &Runtime) -> bool {
        let image = self.cx.knowledge.images.lookup(&ImageRef::parse(reference));
        image.is_some_and(|image| {
            let mut runtimes = image.runtimes.iter();
            runtimes.any(|other| other.runs == runtime.runs && other.reference == runtime.reference)
        })
    }
}

/// The refusal of a base image whose runtime would have to follow a variable, and cannot.
pub(super) fn refuse(site: &Site<'_>) -> Refusal {
    site.refuse(
        "variable-base",
        "the tag of the base image is a variable, and the runtime image would have to follow it",
    )
}

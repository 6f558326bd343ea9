//! `FROM` with the version that the project states.
//!
//! ```dockerfile
//! FROM python:slim        FROM python:3.11-slim
//! ```

use crate::analysis::stages::{Base, Stage};
use crate::knowledge::images::ImageRef;
use crate::knowledge::versions::Versions;
use crate::syntax::{Kind, Span, Word};
use crate::transform::{Change, Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};
use crate::transforms::stated::{self, Statement};

/// Names the version of base images that have none.
pub struct PinBase;

static INFO: Info = Info {
    id: "pin-base",
    title: "names the version of the base image that the project states",
    doc: include_str!("README.md"),
    gain: Gain::Upkeep,
    runs: Runs::OnRequest {
        presets: &[Preset::Ci, Preset::Security],
        because: "the image is built on another version than today",
    },
};

impl Transform for PinBase {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter();
        stages
            .filter_map(|stage| Site::find(cx, stage))
            .map(|site| site.rewrite())
            .collect()
    }
}

/// A `FROM` without a version.
struct Site<'s, 'a> {
    cx: &'s Cx<'a>,
    /// The instruction.
    index: usize,
    word: &'s Word,
    reference: &'s str,
}

impl<'s, 'a> Site<'s, 'a> {
    fn find(cx: &'s Cx<'a>, stage: &'s Stage) -> Option<Self> {
        let (Base::Image(reference), Kind::From { image: word, .. }) =
            (&stage.base, &cx.facts.views[stage.from].kind)
        else {
            return None;
        };
        let image = ImageRef::parse(reference);
        let is_floating = match cx.knowledge.images.lookup(&image) {
            Some(known) => !known.is_versioned,
            None => image.tag.is_none_or(|tag| tag == "latest"),
        };
        (is_floating && image.digest.is_none()).then_some(Self {
            cx,
            index: stage.from,
            word,
            reference,
        })
    }

    fn span(&self) -> Span {
        self.cx.facts.source(self.index, self.word.span)
    }

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        let message = format!("{} has no version: {why}", self.word.raw);
        Refusal::new(self.span(), code, message)
    }

    fn rewrite(&self) -> Plan {
        let image = ImageRef::parse(self.reference);
        let Some(versions) = self.cx.knowledge.versions.of_image(image.repository) else {
            let message = "dfopt does not know by which versions its tags are named; name one";
            return Err(self.refuse("unknown-image", message));
        };
        if self.word.raw != self.reference {
            return Err(self.refuse("variable", "it comes from an ARG; name one there"));
        }
        let variant = self.variant(versions, image.tag)?;
        let (version, statement) = self.version(versions)?;
        let to = format!("{}{}:{version}{variant}", image.prefix, image.repository);
        let message = format!(
            "{} {version}, as {} states",
            versions.language, statement.file
        );
        let mut rewrite = Rewrite::new(self.span(), message);
        rewrite.by_intent = true;
        rewrite.edits.replace(self.span(), to.clone());
        rewrite.evidence(
            statement.place(),
            format!("states the version of {}", versions.language),
        );
        rewrite.declares.push(Change::Base {
            from: self.reference.to_owned(),
            to,
        });
        Ok(rewrite)
    }

    /// What stands in the tag behind the version.
    fn variant(&self, versions: &Versions, tag: Option<&str>) -> Result<String, Refusal> {
        let Some(tag) = tag.filter(|tag| *tag != "latest") else {
            return Ok(String::new());
        };
        if tag
            .split('-')
            .all(|part| versions.variants.iter().any(|variant| variant == part))
        {
            return Ok(format!("-{tag}"));
        }
        let message = format!("nobody knows which versions have the variant `{tag}`");
        Err(self.refuse("variant", &message))
    }

    /// The version that all files agree on, in the form of tags.
    fn version(&self, versions: &Versions) -> Result<(String, Statement), Refusal> {
        let Some(context) = self.cx.context else {
            return Err(self.refuse(
                "no-context",
                "only the build context could state one, and it is not at hand",
            ));
        };
        let mut statements = stated::statements(context, versions).into_iter();
        let Some(first) = statements.next() else {
            let message = format!(
                "no file of the build context states one version of {}",
                versions.language
            );
            return Err(self.refuse("not-stated", &message));
        };
        let Some(version) = versions.tag_for(&first.version) else {
            let message = format!(
                "dfopt knows no image of {} {}",
                versions.language, first.version
            );
            return Err(self
                .refuse("not-published", &message)
                .because(first.place(), "states it"));
        };
        match statements.find(|other| versions.tag_for(&other.version).as_ref() != Some(&version)) {
            Some(other) => {
                let message = format!(
                    "{} states {}, and {} states {}",
                    first.file, first.version, other.file, other.version
                );
                let refusal = self.refuse("contradiction", &message);
                Err(refusal
                    .because(first.place(), "states one")
                    .because(other.place(), "states another"))
            }
            None => Ok((version, first)),
        }
    }
}

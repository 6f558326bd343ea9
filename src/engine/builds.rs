//! A rewrite must hold in every way in which the project builds the file.
//!
//! Services may share a Dockerfile, each with a build context of its own, and give it arguments that name another base
//! image. What is true of the files and the image of one need not be true of the other, so a rewrite is only made when
//! each of them leads to the same one.

use crate::analysis::Facts;
use crate::context::{BuildContext, OtherBuild};
use crate::transform::{Cx, Plan, Refusal, Rewrite, Transform};

/// The code with which the engine refuses what holds in some builds only.
const OTHER_BUILD: &str = "other-build";

/// `rewrite`, with what it takes for granted in any of the builds of the project, or the refusal of one of them.
///
/// # Errors
/// When a build leads to no such rewrite.
pub(super) fn agreed(cx: &Cx<'_>, transform: &dyn Transform, mut rewrite: Rewrite) -> Plan {
    for build in cx.context.map_or(&[][..], BuildContext::other_builds) {
        let facts = Facts::given(cx.file, cx.knowledge, &build.given);
        let context = build.context.as_ref().or(cx.context);
        if build.context.is_none() && facts.stages == cx.facts.stages {
            continue;
        }
        let other = Cx {
            facts: &facts,
            context,
            ..*cx
        };
        let same = same_as(&rewrite, transform.plan(&other));
        let same = same.map_err(|refusal| match refusal {
            Some(refusal) => refusal,
            None => differs(cx, build, &rewrite),
        });
        let same = same.map_err(|refusal| {
            refusal.because(cx.place_of(&build.used), "built from here as well")
        })?;
        if !rewrite.additions.is_empty() && build.context.is_some() {
            return Err(differs(cx, build, &rewrite));
        }
        for sentence in same.assumes {
            rewrite.assume(sentence);
        }
    }
    Ok(rewrite)
}

/// The one among `plans` that changes the same; else what is refused at that place.
fn same_as(rewrite: &Rewrite, plans: Vec<Plan>) -> Result<Rewrite, Option<Refusal>> {
    let mut refused = None;
    for plan in plans {
        match plan {
            Ok(other) if other.edits == rewrite.edits && other.additions == rewrite.additions => {
                return Ok(other);
            }
            Ok(_) => {}
            Err(refusal) if refusal.site == rewrite.site => refused = Some(refusal),
            Err(_) => {}
        }
    }
    Err(refused)
}

fn differs(cx: &Cx<'_>, build: &OtherBuild, rewrite: &Rewrite) -> Refusal {
    let message = format!(
        "{} builds this file with another context or base image, for which this would be wrong: {}",
        build.used.name, rewrite.message
    );
    Refusal::new(rewrite.site, OTHER_BUILD, message).because(cx.place_of(&build.used), "this use")
}

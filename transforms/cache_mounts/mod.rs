//! `RUN --mount=type=cache`: what tools download is kept by the builder, not by the image.
//!
//! ```dockerfile
//! RUN pip install -r requirements.txt     RUN --mount=type=cache,target=/root/.cache/pip \
//!                                             pip install -r requirements.txt
//! ```
//!
//! A step that runs again, because a file changed that it reads, then finds what it downloaded the last time.

mod account;
mod cleanup;
mod guards;
mod later;
mod places;
mod products;
mod uses;
mod writer;

use crate::knowledge::caches::Cache;
use crate::transform::{Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};

use super::frontend;
use super::style;
use places::Place;
use uses::{Group, Use};

/// Mounts the caches of tools.
pub struct CacheMounts;

static INFO: Info = Info {
    id: "cache-mounts",
    title: "keeps what tools download in cache mounts of the builder",
    doc: include_str!("README.md"),
    gain: Gain::BuildTime,
    runs: Runs::OnRequest {
        presets: &[Preset::Ci],
        because: "it needs BuildKit, and a builder that keeps its caches",
    },
};

impl Transform for CacheMounts {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let mut plans = Vec::new();
        for cache in cx.knowledge.caches.iter() {
            let groups = uses::groups(cx, cache);
            plans.extend(groups.iter().filter_map(|group| plan(cx, cache, group)));
            plans.extend(products::plans(cx, cache));
        }
        plans.sort_by_key(|plan| match plan {
            Ok(rewrite) => rewrite.site.start,
            Err(refusal) => refusal.site.start,
        });
        plans
    }
}

/// A `RUN` that gets these mounts.
struct Mounted<'g, 'a> {
    used: &'g Use<'a>,
    places: Vec<Place>,
}

/// What to do with the `RUN`s of a group, if one of them has no mount for `cache` yet.
fn plan(cx: &Cx<'_>, cache: &Cache, group: &Group<'_>) -> Option<Plan> {
    if let Some(opaque) = group.opaque {
        let message = format!("it calls {} in a script that dfopt cannot read", cache.tool);
        return Some(Err(refuse(cx, opaque, "opaque-shell", &message)));
    }
    let mut mounted = Vec::new();
    for used in &group.uses {
        match places::of(cx, cache, used) {
            Ok(places) if places.iter().any(|place| place.is_mounted(cx, used.index)) => {}
            Ok(places) => mounted.push(Mounted { used, places }),
            Err(refusal) => return Some(Err(refusal)),
        }
    }
    (!mounted.is_empty()).then(|| rewrite(cx, cache, group, &mounted))
}

fn rewrite(cx: &Cx<'_>, cache: &Cache, group: &Group<'_>, mounted: &[Mounted<'_, '_>]) -> Plan {
    let first = mounted[0].used.index;
    let message = format!(
        "what {} downloads is kept by the builder, in a cache mount",
        cache.tool
    );
    let mut rewrite = Rewrite::new(cx.file.instructions()[first].span, message);
    for one in mounted {
        guards::check(cx, cache, one.used)?;
    }
    later::check(cx, cache, group, mounted, &mut rewrite)?;
    check_frontend(cx, first, &mut rewrite)?;
    for (nth, one) in mounted.iter().enumerate() {
        writer::write(cx, cache, one, &mounted[..nth], &mut rewrite)?;
    }
    let places = mounted.iter().flat_map(|one| &one.places);
    let assumptions = places.filter_map(|place| place.assumes.as_ref());
    assumptions.for_each(|sentence| rewrite.assume(sentence));
    Ok(rewrite)
}

/// Checks that the builder knows mounts; `index` is where the first goes.
fn check_frontend(cx: &Cx<'_>, index: usize, rewrite: &mut Rewrite) -> Result<(), Refusal> {
    frontend::check(cx, &frontend::MOUNTS, rewrite)
        .map_err(|why| refuse(cx, index, "old-syntax", &why))
}

/// A refusal about the `RUN` at `index`.
fn refuse(cx: &Cx<'_>, index: usize, code: &'static str, why: &str) -> Refusal {
    let message = format!("no cache mount for {}: {why}", style::title(cx, index));
    Refusal::new(cx.file.instructions()[index].span, code, message)
}

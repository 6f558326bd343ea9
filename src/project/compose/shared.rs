//! Volumes that several services of a project have.

use super::Service;
use crate::project::{Mount, Runs, Sharer, Use, dockerfiles, files};

/// `services` with those noted at each mount that write into the same volume and run something else.
pub(super) fn noted(services: Vec<Service>) -> Vec<Service> {
    let shared: Vec<Vec<Vec<Sharer>>> = services
        .iter()
        .map(|own| {
            let mounts = mounts(&own.used).iter();
            mounts.map(|mount| sharers(&services, own, mount)).collect()
        })
        .collect();
    let mut services = services;
    for (service, shared) in services.iter_mut().zip(shared) {
        let mounts = service.used.container.iter_mut();
        let mounts = mounts.flat_map(|container| &mut container.mounts);
        for (mount, sharers) in mounts.zip(shared) {
            mount.shared = sharers;
        }
    }
    services
}

fn mounts(used: &Use) -> &[Mount] {
    let container = used.container.as_ref();
    container.map_or(&[], |container| &container.mounts)
}

/// Those among the `services` that write into the volume that `mount` gives to the service `own`.
fn sharers(services: &[Service], own: &Service, mount: &Mount) -> Vec<Sharer> {
    let is_same = |other: &Mount| !other.read_only && other.volume == mount.volume;
    let others = services.iter().filter(|other| {
        let has_volume = mount.volume.is_some() && mounts(&other.used).iter().any(is_same);
        has_volume && other.used.name != own.used.name
    });
    let others = others.filter_map(|other| {
        let service = other.used.name.clone();
        let runs = runs(services, own, other)?;
        Some(Sharer { service, runs })
    });
    others.collect()
}

/// What `other` runs; `None` when that is the image of `own`, of which no file says how it is built.
fn runs(services: &[Service], own: &Service, other: &Service) -> Option<Runs> {
    match (build(services, own), build(services, other)) {
        (Some(own), Some(other)) if own.dockerfile == other.dockerfile => {
            Some(Runs::Stage(other.stage().map(str::to_owned)))
        }
        (_, Some(other)) => Some(Runs::Built(base(other))),
        (None, None) if own.image == other.image => None,
        (_, None) => other.image.clone().map(Runs::Image),
    }
}

/// The build of what a service runs, by itself or by the name of the image.
fn build<'s>(services: &'s [Service], service: &'s Service) -> Option<&'s Use> {
    if service.is_built {
        return Some(&service.used);
    }
    let mut built = services.iter().filter(|other| other.is_built);
    let same = built.find(|other| other.image == service.image)?;
    Some(&same.used)
}

/// The image on which a stage is built that is not the one at hand.
fn base(build: &Use) -> Option<String> {
    let text = files::read(build.dockerfile.path()?)?;
    dockerfiles::base_of(&text, build.stage())
}

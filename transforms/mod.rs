//! The transforms, one folder each.
//!
//! To add one: a folder with `mod.rs` (a type that implements [`Transform`]), `README.md` (what it
//! does, what it refuses: every code with its reason) and `cases/`; then a `mod` line and a place in
//! [`ALL`]. `CONTRIBUTING.md` walks through it.

mod added;
mod awaited;
pub mod build_ahead;
pub mod build_checks;
pub mod cache_mounts;
mod calls;
pub mod chown_copies;
mod commands;
mod dependencies;
pub mod dev_target;
pub mod env_hygiene;
pub mod exec_form;
mod frontend;
pub mod healthcheck;
mod hooks;
mod interpreters;
mod launched;
mod layout;
mod libraries;
pub mod merge_apt;
pub mod mount_secrets;
pub mod narrow_copy;
pub mod nonroot_user;
mod opened;
mod origin;
mod other_image;
pub mod pick_base;
pub mod pin_base;
pub mod reorder_copies;
pub mod runtime_base;
mod settings;
mod shipped;
mod slim;
pub mod split_stages;
mod stated;
mod style;
mod targets;
pub mod tidy;
pub mod use_uv;

use crate::transform::{Preset, Transform};

/// All transforms, in the order in which they are asked.
///
/// - What is tidied up is easier to read for those behind, and what is known of a base image depends on its version.
/// - What starts without a shell can run where there is none, and a program that is built with the image where its tools
///   are not.
/// - Copies move before package layers are joined that they separated, and stages are split when their layers are final:
///   what is copied from the builder can then be given away as well.
/// - A smaller image is picked for what is shipped only where a split has not done so, one that only runs what is built first. The image of a language takes the
///   place of a distribution before all others ([`Transform::plan_early`]).
/// - Only what is shipped in the end is kept free of caches.
pub const ALL: &[&dyn Transform] = &[
    &tidy::Tidy,
    &build_checks::BuildChecks,
    &pin_base::PinBase,
    &exec_form::ExecForm,
    &build_ahead::BuildAhead,
    &reorder_copies::ReorderCopies,
    &narrow_copy::NarrowCopy,
    &merge_apt::MergeApt,
    &use_uv::UseUv,
    &split_stages::SplitStages,
    &runtime_base::RuntimeBase,
    &chown_copies::ChownCopies,
    &pick_base::PickBase,
    &nonroot_user::NonrootUser,
    &mount_secrets::MountSecrets,
    &healthcheck::Healthcheck,
    &dev_target::DevTarget,
    &cache_mounts::CacheMounts,
    &env_hygiene::EnvHygiene,
];

/// Those that run when nobody asks for more, in the order of [`ALL`].
#[must_use]
pub fn by_default() -> Vec<&'static dyn Transform> {
    with_preset(None)
}

/// Those that run with `preset`, in the order of [`ALL`].
#[must_use]
pub fn with_preset(preset: Option<Preset>) -> Vec<&'static dyn Transform> {
    let all = ALL.iter().copied();
    all.filter(|transform| transform.info().runs_with(preset))
        .collect()
}

/// The transform called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Transform> {
    ALL.iter()
        .copied()
        .find(|transform| transform.info().id == id)
}

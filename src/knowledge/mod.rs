//! The tables: what is known of programs, manifests, images and packages.
//!
//! Each table is a TOML file beside its only reader. A user's `dfopt.toml` can add entries with the
//! same keys ([`Tables`]); they are looked at before the built-in ones.

mod actions;
pub mod bases;
pub mod bundles;
pub mod caches;
pub mod development;
pub mod health;
pub mod hygiene;
pub mod ignorable;
pub mod image_files;
pub mod images;
pub mod installs;
mod managers;
pub mod manifests;
pub mod package_managers;
pub mod packages;
pub mod pattern;
pub mod secrets;
pub mod startup;
pub mod tools;
pub mod uv;
pub mod versions;

use std::sync::OnceLock;

use serde::Deserialize;

/// Everything that dfopt knows without looking at a file.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// Programs that are called in a `RUN`.
    pub tools: tools::Tools,
    /// Manifests of package managers.
    pub manifests: manifests::Manifests,
    /// Package managers of distributions.
    pub package_managers: package_managers::PackageManagers,
    /// Options of installs and variables of programs that are usual in containers.
    pub hygiene: hygiene::Hygiene,
    /// What lies beside the source of a project and is none.
    pub ignorable: ignorable::Ignorable,
    /// Base images.
    pub images: images::Images,
    /// Files of images that differ for reasons of their own.
    pub image_files: image_files::ImageFiles,
    /// Packages of distributions and of pip.
    pub packages: packages::Packages,
    /// What it takes to build on another image.
    pub bases: bases::Bases,
    /// What tools keep for later runs.
    pub caches: caches::Caches,
    /// How uv installs what pip installs.
    pub uv: uv::Uv,
    /// Where projects state the version of their language.
    pub versions: versions::AllVersions,
    /// How programs are started by those who work on them.
    pub development: development::Development,
    /// How servers are asked whether they answer.
    pub health: health::Health,
    /// What looks like a secret.
    pub secrets: secrets::Secrets,
    /// Programs that a container starts with.
    pub startup: startup::Startup,
}

impl Knowledge {
    /// The built-in tables, read once.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Knowledge> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::with(Tables::default()))
    }

    /// The built-in tables and those of a user, which come first.
    #[must_use]
    pub fn with(tables: Tables) -> Self {
        let builtin = Tables::builtin();
        let mut knowledge = Self {
            hygiene: builtin.hygiene,
            ignorable: builtin.ignorable,
            images: builtin.images,
            image_files: builtin.image_files,
            packages: builtin.packages,
            package_managers: builtin.package_managers,
            bases: builtin.bases,
            caches: builtin.caches,
            development: builtin.development,
            health: builtin.health,
            secrets: builtin.secrets,
            startup: builtin.startup,
            uv: builtin.uv,
            versions: builtin.versions,
            ..Self::default()
        };
        knowledge.hygiene.extend(tables.hygiene);
        knowledge.ignorable.extend(tables.ignorable);
        knowledge.images.extend(tables.images);
        knowledge.image_files.extend(tables.image_files);
        knowledge.packages.extend(tables.packages);
        knowledge.package_managers.extend(tables.package_managers);
        knowledge.bases.extend(tables.bases);
        knowledge.caches.extend(tables.caches);
        knowledge.development.extend(tables.development);
        knowledge.health.extend(tables.health);
        knowledge.secrets.extend(tables.secrets);
        knowledge.startup.extend(tables.startup);
        knowledge.uv.extend(tables.uv);
        knowledge.versions.extend(tables.versions);
        for tools in [tables.tools, builtin.tools] {
            knowledge.tools.add(tools);
        }
        for manifests in [tables.manifests, builtin.manifests] {
            knowledge.manifests.add(manifests);
        }
        knowledge
    }
}

/// Tables as they are written, each in the form of the file of its name beside this one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    tools: tools::ToolFile,
    manifests: manifests::ManifestFile,
    hygiene: hygiene::Hygiene,
    ignorable: ignorable::Ignorable,
    images: images::Images,
    image_files: image_files::ImageFiles,
    packages: packages::Packages,
    package_managers: package_managers::PackageManagers,
    bases: bases::Bases,
    caches: caches::Caches,
    development: development::Development,
    health: health::Health,
    secrets: secrets::Secrets,
    startup: startup::Startup,
    uv: uv::Uv,
    versions: versions::AllVersions,
}

impl Tables {
    /// The tables beside this file, as `build.rs` there packs them.
    fn builtin() -> Self {
        packed(include_bytes!(concat!(env!("OUT_DIR"), "/tables.pack")))
    }
}

/// A table as `build.rs` packs it.
///
/// # Panics
/// When the table has not the form that its reader expects: a test reads them all.
pub(crate) fn packed<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> T {
    let table = rmp_serde::from_slice(bytes);
    table.unwrap_or_else(|error| panic!("a built-in table is malformed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read as a user's would be, so that each pattern in them is compiled.
    #[test]
    fn the_tables_are_well_formed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/knowledge");
        let mut tables = toml::Table::new();
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            if path.extension() == Some("toml".as_ref()) {
                let text = std::fs::read_to_string(&path).expect("a table");
                let name = path.file_stem().expect("a name").to_string_lossy();
                let table = toml::from_str(&text).expect("TOML");
                tables.insert(name.into_owned(), table);
            }
        }
        assert!(tables.len() > 15);
        let read: Result<Tables, _> = tables.try_into();
        assert!(read.is_ok(), "{read:?}");
    }
}

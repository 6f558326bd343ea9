//! The tables: what is known of programs, manifests, images and packages.
//!
//! Each table is a TOML file beside its only reader. A user's `dfopt.toml` can add entries with the
//! same keys ([`Tables`]); they are looked at before the built-in ones.

mod actions;
pub mod ahead;
pub mod bases;
pub mod bundles;
pub mod caches;
pub mod dependency_folders;
pub mod development;
pub mod health;
pub mod hygiene;
pub mod ignorable;
pub mod image_files;
pub mod images;
pub mod installs;
mod interpreter;
mod languages;
mod managers;
pub mod manifests;
pub mod package_managers;
pub mod packages;
pub mod pattern;
mod prefetch;
pub mod secrets;
pub mod startup;
mod table;
mod targets;
mod tool;
pub mod tools;
pub mod uv;
pub mod versions;

use std::sync::OnceLock;

use serde::Deserialize;

pub use table::Table;
pub(crate) use table::unpack;

/// The table of that name, as `build.rs` packs it.
macro_rules! packed {
    ($name:ident) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".pack"))
    };
}
pub(crate) use packed;

/// That table, as the one of its name among those of a user extends it.
macro_rules! table {
    ($given:ident.$name:ident) => {
        Table::new(packed!($name), $given.$name, |table, more| {
            table.extend(more);
        })
    };
}

/// Everything that dfopt knows without looking at a file.
#[derive(Debug)]
pub struct Knowledge {
    /// Programs that are called in a `RUN`.
    pub tools: tools::Tools,
    /// Manifests of package managers.
    pub manifests: manifests::Manifests,
    /// Package managers of distributions.
    pub package_managers: Table<package_managers::PackageManagers>,
    /// Options of installs and variables of programs that are usual in containers.
    pub hygiene: Table<hygiene::Hygiene>,
    /// What lies beside the source of a project and is none.
    pub ignorable: Table<ignorable::Ignorable>,
    /// Base images.
    pub images: Table<images::Images>,
    /// Files of images that differ for reasons of their own.
    pub image_files: Table<image_files::ImageFiles>,
    /// Packages of distributions and of pip.
    pub packages: Table<packages::Packages>,
    /// What it takes to build on another image.
    pub bases: Table<bases::Bases>,
    /// What tools keep for later runs.
    pub caches: Table<caches::Caches>,
    /// How uv installs what pip installs.
    pub uv: Table<uv::Uv>,
    /// Where projects state the version of their language.
    pub versions: Table<versions::AllVersions>,
    /// How programs are started by those who work on them.
    pub development: Table<development::Development>,
    /// How servers are asked whether they answer.
    pub health: Table<health::Health>,
    /// What looks like a secret.
    pub secrets: Table<secrets::Secrets>,
    /// Programs that a container starts with.
    pub startup: Table<startup::Startup>,
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
    pub fn with(given: Tables) -> Self {
        let builtin = [unpack(packed!(tools))];
        let mut tools = tools::Tools::default();
        for file in given.tools.into_iter().chain(builtin) {
            tools.add(file);
        }
        let builtin = [unpack(packed!(manifests))];
        let mut manifests = manifests::Manifests::default();
        for file in given.manifests.into_iter().chain(builtin) {
            manifests.add(file);
        }
        Self {
            tools,
            manifests,
            package_managers: table!(given.package_managers),
            hygiene: table!(given.hygiene),
            ignorable: table!(given.ignorable),
            images: table!(given.images),
            image_files: table!(given.image_files),
            packages: table!(given.packages),
            bases: table!(given.bases),
            caches: table!(given.caches),
            uv: table!(given.uv),
            versions: table!(given.versions),
            development: table!(given.development),
            health: table!(given.health),
            secrets: table!(given.secrets),
            startup: table!(given.startup),
        }
    }

    /// The commands that a script of a project may start of the `words` that it is called with, because it may take some away
    /// first: those behind `--`, and those from the name of a known program on (`./wait.sh db:5432 npm start`).
    pub fn commands_among<'w>(&self, words: &'w [String]) -> impl Iterator<Item = &'w [String]> {
        let is_known = |words: &[String]| {
            self.startup.program(words).is_some() || self.tools.find(&[&words[0]]).is_some()
        };
        let may_begin = move |at: &usize| {
            let is_divided = *at > 0 && words[at - 1] == "--";
            !words[*at].starts_with('-') && (is_divided || is_known(&words[*at..]))
        };
        (0..words.len()).filter(may_begin).map(|at| &words[at..])
    }
}

/// Tables as they are written, each in the form of the file of its name beside this one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    tools: Option<tools::ToolFile>,
    manifests: Option<manifests::ManifestFile>,
    hygiene: Option<hygiene::Hygiene>,
    ignorable: Option<ignorable::Ignorable>,
    images: Option<images::Images>,
    image_files: Option<image_files::ImageFiles>,
    packages: Option<packages::Packages>,
    package_managers: Option<package_managers::PackageManagers>,
    bases: Option<bases::Bases>,
    caches: Option<caches::Caches>,
    development: Option<development::Development>,
    health: Option<health::Health>,
    secrets: Option<secrets::Secrets>,
    startup: Option<startup::Startup>,
    uv: Option<uv::Uv>,
    versions: Option<versions::AllVersions>,
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

//! A build case: an application and what has to hold for its image.
//!
//! `tests/builds/<case>/case.toml` describes it, the other files of the folder are the application,
//! unless `application` names another folder. `wrong*.Dockerfile` are rewrites that it has to catch. A case with a `guide` starts from
//! what guides start from: it is proven at `--safety unsafe` as well, and `guides.rs` shows what it becomes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use tempfile::TempDir;

/// The description.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The name of the folder.
    #[serde(skip)]
    pub(crate) name: String,
    /// What a wrong rewrite does here, and how it shows.
    pub(crate) wrong: String,
    /// What kind of a Dockerfile it is, of those that the guides of the field begin with.
    pub(crate) guide: Option<String>,
    /// Why it cannot be built where dfopt is tested.
    pub(crate) unbuilt: Option<String>,
    /// The folder of the application, from the root of the repository.
    application: Option<PathBuf>,
    /// The Dockerfile, from the folder of the application.
    #[serde(default = "dockerfile")]
    pub(crate) dockerfile: String,
    /// A Dockerfile that builds on the image (`ARG BASE`): then that image is the one to check.
    pub(crate) child: Option<String>,
    /// An expert's Dockerfile for the same application, from the root of the repository.
    pub(crate) by_hand: Option<PathBuf>,
    /// Build arguments.
    #[serde(default)]
    pub(crate) args: BTreeMap<String, String>,
    /// The files with secrets, from the folder of the application, by the names of the secrets.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, PathBuf>,
    /// Run these transforms and no others, with `--safety unsafe`.
    #[serde(default)]
    pub(crate) only: Vec<String>,
    /// Left out unless `DFOPT_BUILDS` asks for it.
    #[serde(default)]
    pub(crate) slow: bool,
    /// Transforms that have to rewrite it.
    #[serde(default)]
    pub(crate) rewritten_by: Vec<String>,
    /// Transforms that have to leave it alone.
    #[serde(default)]
    pub(crate) left_alone_by: Vec<String>,
    /// Programs that end.
    #[serde(default)]
    pub(crate) run: Vec<Run>,
    /// Programs that serve.
    #[serde(default)]
    pub(crate) serve: Vec<Serve>,
    /// What a change of the source does.
    pub(crate) rebuild: Option<Rebuild>,
}

/// A container that is run to its end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Run {
    /// The stage to build; the last one by default.
    pub(crate) target: Option<String>,
    /// Options of `docker run`.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// The command; by default what the image starts.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// All of what it prints, without blanks around it.
    pub(crate) prints: Option<String>,
    /// Parts of what it prints.
    #[serde(default)]
    pub(crate) contains: Vec<String>,
    /// The exit code.
    #[serde(default)]
    pub(crate) exit: i32,
}

/// A container that answers over HTTP.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Serve {
    /// The stage to build; the last one by default.
    pub(crate) target: Option<String>,
    /// Options of `docker run`.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// The port in the container.
    pub(crate) port: u16,
    /// Whether its HEALTHCHECK has to succeed, where it has one.
    #[serde(default)]
    pub(crate) healthy: bool,
    /// Requests, in this order. The first is repeated until it is answered.
    pub(crate) request: Vec<Request>,
}

/// A request and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Request {
    pub(crate) path: String,
    /// What to send: then the method is POST.
    pub(crate) body: Option<String>,
    /// The media type of `body`.
    #[serde(default = "form")]
    pub(crate) sends: String,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    /// Parts of the answer, head or body.
    #[serde(default)]
    pub(crate) contains: Vec<String>,
}

/// A change after the build, and a second build.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rebuild {
    /// The file that changes, …
    pub(crate) file: Option<PathBuf>,
    /// … what is replaced in it, …
    #[serde(default)]
    pub(crate) replace: String,
    /// … and by what. `{new}` in it is a number that no build has seen, so that nothing is cached.
    #[serde(default)]
    pub(crate) with: String,
    /// Build arguments that change.
    #[serde(default)]
    pub(crate) args: BTreeMap<String, String>,
    /// Parts of the steps that have to run again, before and after the rewrite.
    #[serde(default)]
    pub(crate) again: Vec<String>,
    /// Parts of the steps that must not run again after the rewrite.
    #[serde(default)]
    pub(crate) cached: Vec<String>,
    #[serde(default)]
    pub(crate) run: Vec<Run>,
    #[serde(default)]
    pub(crate) serve: Vec<Serve>,
}

fn dockerfile() -> String {
    "Dockerfile".to_owned()
}

fn form() -> String {
    "application/x-www-form-urlencoded".to_owned()
}

fn ok() -> u16 {
    200
}

/// How the names of files begin that hold what a guide's Dockerfile becomes.
const EXPECTED: &str = "expected";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All cases, by name.
pub(crate) fn all() -> Vec<Case> {
    let folder = root().join("tests/builds");
    let mut cases: Vec<Case> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| read(&entry.unwrap().path()))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn read(folder: &Path) -> Case {
    let path = folder.join("case.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut case: Case =
        toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    case.name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    case
}

impl Case {
    /// The folder of the case.
    fn folder(&self) -> PathBuf {
        root().join("tests/builds").join(&self.name)
    }

    /// A copy of the application in a temporary folder.
    pub(crate) fn copy(&self) -> TempDir {
        let application = self.application.as_ref();
        let folder = application.map_or_else(|| self.folder(), |path| root().join(path));
        let copy = tempfile::tempdir().unwrap();
        copy_tree(&folder, copy.path());
        let _ = fs::remove_file(copy.path().join("case.toml"));
        for other in self.dockerfiles(&["wrong", EXPECTED]) {
            let _ = fs::remove_file(copy.path().join(other.file_name().unwrap()));
        }
        copy
    }

    /// Rewrites of the Dockerfile that the case has to catch.
    pub(crate) fn wrong_rewrites(&self) -> Vec<PathBuf> {
        self.dockerfiles(&["wrong"])
    }

    /// Where it stands what a guide's Dockerfile becomes at this level.
    pub(crate) fn expected(&self, level: &str) -> PathBuf {
        self.folder().join(format!("{EXPECTED}-{level}.Dockerfile"))
    }

    /// The levels of `--safety` at which it is proven.
    pub(crate) fn levels(&self) -> &'static [&'static str] {
        match self.guide {
            Some(_) => &["assumed", "unsafe"],
            None => &["assumed"],
        }
    }

    /// The Dockerfiles beside the own one whose names start like this.
    fn dockerfiles(&self, starts: &[&str]) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder()).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            starts.iter().any(|start| name.starts_with(start)) && name.ends_with(".Dockerfile")
        });
        paths.sort();
        paths
    }

    /// Build arguments, those of the rebuild over those of the build.
    pub(crate) fn arguments(&self, rebuild: bool) -> Vec<(String, String)> {
        let mut arguments = self.args.clone();
        if let (true, Some(rebuild)) = (rebuild, &self.rebuild) {
            arguments.extend(rebuild.args.clone());
        }
        let arguments = arguments.into_iter();
        arguments
            .map(|(name, value)| (name, renewed(&value)))
            .collect()
    }
}

impl Rebuild {
    /// Changes the file in a copy of the application.
    pub(crate) fn change(&self, folder: &Path) {
        let Some(file) = &self.file else { return };
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replace(&self.replace, &renewed(&self.with));
        assert_ne!(text, changed, "the rebuild changes {}", path.display());
        fs::write(path, changed).unwrap();
    }
}

fn renewed(text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    text.replace("{new}", &now.as_nanos().to_string())
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_symlink() {
            let target = fs::read_link(&path).unwrap();
            std::os::unix::fs::symlink(target, copy).unwrap();
        } else if path.is_dir() {
            fs::create_dir(&copy).unwrap();
            copy_tree(&path, &copy);
        } else {
            fs::copy(&path, copy).unwrap();
        }
    }
}

//! What installs of dependencies compile: that takes tools which the smaller image has not.

use serde_json::Value as Json;

use crate::analysis::runs::Step;
use crate::knowledge::bases::{Built, LockForm};
use crate::transform::{Place, Refusal};
use crate::transforms::dependencies;

use super::{Site, manifests, needs};

/// The code for installs that compile.
const COMPILES: &str = "compiles";

/// Makes sure that no install of the stage compiles anything. What has to be taken for granted.
///
/// # Errors
/// The first install that does, or may.
pub(super) fn check(site: &Site<'_>) -> Result<Option<String>, Refusal> {
    let mut is_shown = true;
    for (at, step) in site.steps().filter(|(_, step)| manifests::installs(step)) {
        is_shown &= Install::new(site, at, step)?.check()?;
    }
    let sentence =
        "no dependency is compiled when it is installed: all have ready-made builds for this image";
    Ok((!is_shown).then(|| sentence.to_owned()))
}

/// The same in place of a distribution, where a compiler that an install takes had to be installed: if it is, and is to
/// stay, nothing changes.
///
/// # Errors
/// The first install that compiles, or may, without one.
pub(super) fn check_with_compiler(site: &Site<'_>) -> Result<Option<String>, Refusal> {
    let mut installs = site.steps().filter(|(_, step)| manifests::installs(step));
    if installs.all(|(at, _)| needs::is_installed(site, at, "gcc")) {
        return Ok(None);
    }
    check(site)
}

/// A step that installs dependencies.
struct Install<'s, 'a> {
    site: &'s Site<'a>,
    at: usize,
    step: &'s Step<'a>,
    ecosystem: &'s str,
    built: &'s Built,
}

impl<'s, 'a> Install<'s, 'a> {
    fn new(site: &'s Site<'a>, at: usize, step: &'s Step<'a>) -> Result<Self, Refusal> {
        let tool = step.invocation.as_ref().map(|invocation| invocation.tool);
        let ecosystem = tool
            .and_then(|tool| tool.ecosystem.as_deref())
            .unwrap_or_default();
        let Some(built) = site.cx.knowledge.bases.built(ecosystem) else {
            let message =
                "what it installs may have to be compiled, and the smaller image has no compiler";
            return Err(site.refuse_at(at, COMPILES, message));
        };
        Ok(Self {
            site,
            at,
            step,
            ecosystem,
            built,
        })
    }

    fn refuse(&self, what: &str) -> Refusal {
        let message = format!(
            "{what} may be compiled when it is installed, and the smaller image has no compiler"
        );
        self.site.refuse_at(self.at, COMPILES, &message)
    }

    /// Whether a lock file shows that nothing is compiled.
    fn check(&self) -> Result<bool, Refusal> {
        let named = manifests::named_by_words(self.step);
        if let Some(name) = named.iter().find(|name| self.built.holds(name)) {
            return Err(self.refuse(name));
        }
        self.check_project()?;
        let mut is_shown = false;
        let texts = dependencies::texts(self.site.cx, self.step);
        if texts.is_empty() && dependencies::reads(self.step) {
            let message = "the manifest of this install is not at hand, so nobody knows whether it compiles anything";
            return Err(self.site.refuse_at(self.at, "unread-manifest", message));
        }
        for (path, text) in &texts {
            let because =
                |refusal: Refusal, note| refusal.because(Place::File(path.clone(), None), note);
            if let Some(suspects) = suspects(self.built, path, text) {
                let is_harmless = |name: &&String| {
                    self.site
                        .cx
                        .knowledge
                        .bases
                        .is_harmless_script(self.ecosystem, name)
                };
                if let Some(name) = suspects.iter().find(|name| !is_harmless(name)) {
                    return Err(because(
                        self.refuse(name),
                        "has no ready-made build of it, or a script to run",
                    ));
                }
                is_shown = true;
            } else if !texts
                .iter()
                .any(|(other, text)| suspects(self.built, other, text).is_some())
                && let Some(name) = self.built.named_in(path, text)
            {
                return Err(because(self.refuse(&name), "names it"));
            }
        }
        Ok(is_shown && named.is_empty())
    }

    /// The project itself may have parts in C.
    fn check_project(&self) -> Result<(), Refusal> {
        let is_local =
            |word: &str| word.starts_with('.') || word.starts_with("-e") || word == "--editable";
        let is_of_project = self.built.always_own
            || self.step.needs_source().is_some()
            || self.step.args.iter().any(|arg| is_local(arg.known()));
        let Some(context) = self.site.cx.context.filter(|_| is_of_project) else {
            return Ok(());
        };
        let mut found = self
            .built
            .sources
            .iter()
            .flat_map(|pattern| context.glob(pattern));
        found.next().map_or(Ok(()), |path| {
            Err(self
                .refuse(&path)
                .because(Place::File(path, None), "is no script"))
        })
    }
}

/// The packages that a lock file says may be compiled; `None` when the file does not say it of any.
fn suspects(built: &Built, path: &str, text: &str) -> Option<Vec<String>> {
    match built.lock_form(path)? {
        LockForm::InstallScripts => with_script(text),
        LockForm::Wheels => without_wheel(text),
    }
}

/// The packages of a lock file of npm that run a script when they are installed; `None` when it does not say so:
/// the documentation of npm 10, "package-lock.json", `lockfileVersion` 2 and 3.
fn with_script(text: &str) -> Option<Vec<String>> {
    let lock: Json = serde_json::from_str(text).ok()?;
    let packages = lock.get("packages")?.as_object()?;
    let runs =
        |package: &Json| package.get("hasInstallScript").and_then(Json::as_bool) == Some(true);
    let names = packages
        .iter()
        .filter(|(path, package)| !path.is_empty() && runs(package));
    let name = |path: &String| {
        path.rsplit("node_modules/")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    Some(names.map(|(path, _)| name(path)).collect())
}

/// The packages of a lock file of uv or Poetry that come as sources alone; `None` when it does not list files.
fn without_wheel(text: &str) -> Option<Vec<String>> {
    let lock: toml::Table = text.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let mut found = Vec::new();
    for package in packages {
        let name = package.get("name")?.as_str()?;
        let files = |key: &str| package.get(key).and_then(toml::Value::as_array);
        let is_local = package.get("source").is_some_and(|source| {
            ["editable", "virtual", "directory"]
                .iter()
                .any(|key| source.get(key).is_some())
        });
        let is_wheel = |file: &toml::Value| {
            let name = file
                .get("file")
                .or_else(|| file.get("url"))
                .and_then(toml::Value::as_str);
            name.is_some_and(|name| name.ends_with(".whl") && is_for_linux(name))
        };
        let mut listed = files("wheels").into_iter().chain(files("files")).flatten();
        if !is_local && !listed.any(is_wheel) {
            found.push(name.to_owned());
        }
    }
    Some(found)
}

/// Whether a wheel can be installed on Linux with glibc, by its name.
fn is_for_linux(wheel: &str) -> bool {
    wheel.ends_with("-any.whl") || wheel.contains("manylinux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_tell_what_is_compiled() {
        let npm = r#"{"packages": {"": {"hasInstallScript": true}, "node_modules/a": {}, "node_modules/a/node_modules/@x/b": {"hasInstallScript": true}}}"#;
        assert_eq!(with_script(npm), Some(vec!["@x/b".to_owned()]));
        assert_eq!(with_script(r#"{"dependencies": {}}"#), None);
        let uv = "[[package]]\nname = \"a\"\nwheels = [{ url = \"https://x/a-1-py3-none-any.whl\" }]\n\
                  [[package]]\nname = \"b\"\nsdist = { url = \"https://x/b-1.tar.gz\" }\n\
                  [[package]]\nname = \"c\"\nsource = { virtual = \".\" }\n";
        assert_eq!(without_wheel(uv), Some(vec!["b".to_owned()]));
        let poetry = "[[package]]\nname = \"a\"\nfiles = [{ file = \"a-1-cp312-cp312-macosx_11_0_arm64.whl\", hash = \"x\" }]\n";
        assert_eq!(without_wheel(poetry), Some(vec!["a".to_owned()]));
    }
}

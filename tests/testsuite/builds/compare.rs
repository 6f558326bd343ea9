//! What must be the same before and after, beside what the images do: `dfopt::prove` compares them, as `dfopt --prove` does.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use dfopt::context::BuildContext;
use dfopt::engine::Outcome;
use dfopt::knowledge::Knowledge;
use dfopt::prove::declared::Declared;
use dfopt::prove::engines::{Image, Order};
use dfopt::prove::examine::{Setting, examine};
use dfopt::prove::tree::{Fingerprint, Tree, fingerprint};
use dfopt::prove::{Side, base};

use super::case::Case;
use super::engine::{Engine, told};

/// What a rewrite may add to an image: an account, and a second copy of the manifests.
const SLACK: u64 = 64 * 1024;

/// How images are compared.
pub(crate) struct Comparison {
    /// Whether their files are read as well: that takes many times as long as the rest.
    depth: Depth,
    /// Images that final stages stand on: many cases have the same.
    bases: Mutex<HashMap<String, Arc<Side>>>,
}

/// What of the images is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// How containers start.
    Configuration,
    /// All that `dfopt --prove` compares.
    Files,
}

/// An application before and after it was rewritten.
pub(crate) struct Pair<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) comparison: &'a Comparison,
    pub(crate) case: &'a Case,
    /// What was done.
    pub(crate) outcome: &'a Outcome,
    /// The folder of the application before, and after.
    pub(crate) folders: [&'a Path; 2],
}

impl Pair<'_> {
    /// Compares the images. `again` builds what was before once more, without a cache.
    pub(crate) fn compare<'e>(
        &self,
        images: [&Image<'_>; 2],
        again: impl FnOnce() -> Result<Image<'e>, String>,
    ) -> Result<(), String> {
        let [old, new] = images;
        let before = self.comparison.read(old)?;
        let after = self.comparison.read(new)?;
        let declared = Declared::of(&self.outcome.journal);
        let bases = match declared.base() {
            Some(_) => Some((self.base(0)?, self.base(1)?)),
            None => None,
        };
        let rewritten = self.rewritten();
        let dockerfile = self.folders[0].join(&self.case.dockerfile);
        let context = BuildContext::open(self.folders[0], Some(&dockerfile));
        let context = context.map_err(|error| error.to_string())?;
        let mut setting = Setting {
            knowledge: Knowledge::builtin(),
            declared: &declared,
            context: Some(&context),
            bases: bases.as_ref().map(|(old, new)| (&**old, &**new)),
            rewritten: &rewritten,
            control: None,
        };
        let mut examination = examine(&before, &after, &setting);
        if examination.needs_control() {
            let control = again()?.tree().map_err(told)?;
            setting.control = Some(&control);
            examination = examine(&before, &after, &setting);
        }
        if self.comparison.depth == Depth::Configuration {
            let checks = &mut examination.checks;
            checks.retain(|check| check.name == "configuration");
        }
        if examination.is_fine() {
            return Ok(());
        }
        Err(examination.failures())
    }

    /// The image under the final stage, before or after.
    fn base(&self, side: usize) -> Result<Arc<Side>, String> {
        let text = self.read(side, &self.case.dockerfile);
        let text =
            String::from_utf8(text.unwrap_or_default()).map_err(|error| error.to_string())?;
        self.comparison.base(self.engine, &text, self.folders[side])
    }

    /// The files that the rewrites have changed, before and after.
    fn rewritten(&self) -> Vec<(Option<Fingerprint>, Fingerprint)> {
        let additions = self.outcome.additions();
        let paths = additions.iter().map(|addition| addition.path.as_str());
        let paths = paths.chain([self.case.dockerfile.as_str()]);
        let print = |side, path| Some(fingerprint(&self.read(side, path)?));
        paths
            .filter_map(|path| Some((print(0, path), print(1, path)?)))
            .collect()
    }

    fn read(&self, side: usize, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folders[side].join(path)).ok()
    }
}

impl Comparison {
    pub(crate) fn new(depth: Depth) -> Self {
        Self {
            depth,
            bases: Mutex::default(),
        }
    }

    fn read(&self, image: &Image<'_>) -> Result<Side, String> {
        let side = match self.depth {
            Depth::Files => Side::read(image),
            Depth::Configuration => image
                .inspect()
                .map(|inspected| Side::new(inspected, Tree::default())),
        };
        side.map_err(told)
    }

    fn base(&self, engine: &Engine, text: &str, context: &Path) -> Result<Arc<Side>, String> {
        let knowledge = Knowledge::builtin();
        let key = base::dockerfile(text, None, knowledge).unwrap_or_default();
        if let Some(side) = self.bases.lock().unwrap().get(&key) {
            return Ok(Arc::clone(side));
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let order = Order {
            context,
            dockerfile: &folder.path().join("Dockerfile"),
            target: None,
            arguments: &[],
            afresh: false,
            builder: None,
        };
        let image = base::build(&engine.prover, &order, text, knowledge, &mut |_| {});
        let side = match image.map_err(told)? {
            Some(image) => self.read(&image)?,
            None => Side::default(),
        };
        let side = Arc::new(side);
        self.bases.lock().unwrap().insert(key, Arc::clone(&side));
        Ok(side)
    }
}

/// Whether the image has become no larger.
pub(crate) fn sizes(old: u64, new: u64) -> Result<(), String> {
    if new <= old + SLACK {
        return Ok(());
    }
    Err(format!("the image grows from {old} to {new} bytes"))
}

/// The warnings that are new.
pub(crate) fn new_warnings(old: &[String], new: &[String]) -> Vec<String> {
    let count = |list: &[String], rule: &String| list.iter().filter(|&other| other == rule).count();
    new.iter()
        .filter(|rule| count(new, rule) > count(old, rule))
        .cloned()
        .collect()
}

#[test]
fn a_larger_image_and_a_new_warning_are_found() {
    assert!(sizes(10_000_000, 10_010_000).is_ok());
    assert!(sizes(10_000_000, 10_100_000).is_err());
    let rules = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(new_warnings(&rules("a b"), &rules("b a")).is_empty());
    assert_eq!(new_warnings(&rules("a b"), &rules("a c")), ["c"]);
}

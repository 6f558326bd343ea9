//! What `RUN --mount` mounts.

use super::Facts;
use super::paths::join;
use crate::syntax::Flag;

/// One `--mount` of a `RUN`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// `cache`, `bind` (when none is written), `secret`, `ssh` or `tmpfs`.
    pub kind: String,
    /// Where it is mounted: absolute, or with the variables of the file in it. `None` when it does not say so.
    pub target: Option<String>,
    /// What stands behind `source=` or `src=`.
    pub source: Option<String>,
    /// The stage, the image or the context that it is in, where that is not the build context.
    pub from: Option<String>,
    /// The variable of the environment that holds a secret: what stands behind `env=`.
    pub variable: Option<String>,
}

impl Mount {
    fn read(flag: &Flag, workdir: &str) -> Option<Self> {
        let value = flag.value.as_deref().filter(|_| flag.name == "mount")?;
        let fields: Vec<(&str, &str)> = value
            .split(',')
            .filter_map(|field| field.trim_matches('"').split_once('='))
            .collect();
        let of = |keys: &[&str]| {
            let mut fields = fields.iter();
            let found =
                fields.find(|(key, _)| keys.iter().any(|own| key.eq_ignore_ascii_case(own)));
            found.map(|(_, value)| (*value).to_owned())
        };
        Some(Self {
            kind: of(&["type"]).unwrap_or_else(|| "bind".to_owned()),
            target: of(&["target", "dst", "destination"]).map(|path| join(workdir, &path)),
            source: of(&["source", "src"]),
            from: of(&["from"]),
            variable: of(&["env"]),
        })
    }

    /// Whether it shows files of the build context.
    #[must_use]
    pub fn is_of_context(&self) -> bool {
        self.kind == "bind" && self.from.is_none()
    }

    /// Whether it is a folder that the builder keeps between builds, and that is not part of the image.
    #[must_use]
    pub fn is_cache(&self) -> bool {
        self.kind == "cache"
    }
}

/// The mounts of instruction `index`, in order.
pub fn of<'f>(facts: &'f Facts<'_>, index: usize) -> impl Iterator<Item = Mount> + 'f {
    let workdir = facts.states[index].workdir.as_str();
    let flags = facts.views[index].flags.iter();
    flags.filter_map(move |flag| Mount::read(flag, workdir))
}

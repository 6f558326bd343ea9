//! What a service gives its container.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::pairs;
use super::variables::Variables;
use crate::project::container::for_shell;
use crate::project::paths::resolve;
use crate::project::setting::value;
use crate::project::words::split;
use crate::project::yaml::text;
use crate::project::{Container, Mount};

impl Container {
    /// The container of `service`, with paths from `folder`.
    pub(super) fn read(folder: &Path, service: &Value) -> Self {
        let filled = |key: &str| service[key].as_array().is_some_and(|list| !list.is_empty());
        let mounts = service["volumes"].as_array().into_iter().flatten();
        Self {
            name: text(&service["container_name"]).map(|name| value(&name)),
            user: text(&service["user"]).map(|user| value(&user)),
            privileged: service["privileged"] == true,
            host_network: service["network_mode"] == "host",
            host_processes: service["pid"] == "host",
            capabilities: filled("cap_add"),
            devices: filled("devices"),
            files_of_root: false,
            mounts: mounts
                .filter_map(|mount| Mount::read(folder, mount))
                .collect(),
            memory: in_memory(service),
            environment: environment(folder, service),
            workdir: text(&service["working_dir"]).map(|folder| value(&folder)),
            entrypoint: command(&service["entrypoint"]),
            command: command(&service["command"]),
            beside: beside(service),
        }
    }
}

/// The variables that `service` is given: what `environment` says comes before what files say.
fn environment(folder: &Path, service: &Value) -> Vec<(String, String)> {
    let files = match &service["env_file"] {
        Value::Array(files) => files.iter().collect(),
        one => vec![one],
    };
    let paths = files
        .into_iter()
        .filter_map(|file| text(file).or_else(|| text(&file["path"])));
    let mut pairs = pairs(&service["environment"]);
    for path in paths.filter_map(|path| resolve(folder, &value(&path))) {
        let own = Variables::of_file(&path).into_pairs();
        pairs.extend(
            own.filter(|(name, _)| !pairs.iter().any(|(known, _)| known == name))
                .collect::<Vec<_>>(),
        );
    }
    pairs
}

/// The folders in memory of `service`: `tmpfs: /run`, or a volume of that type.
fn in_memory(service: &Value) -> Vec<String> {
    let list = match &service["tmpfs"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    let short = list.into_iter().filter_map(|one| memory(&value(one)));
    let long = service["volumes"].as_array().into_iter().flatten();
    let long = long.filter(|volume| volume["type"] == "tmpfs" && volume["tmpfs"]["mode"].is_null());
    let long = long.filter_map(|volume| Some(value(&text(&volume["target"])?)));
    short.chain(long).collect()
}

/// The folder of `/run:size=1m`, if that says neither an owner nor a mode.
pub(in crate::project) fn memory(tmpfs: &str) -> Option<String> {
    let (folder, options) = tmpfs.split_once(':').unwrap_or((tmpfs, ""));
    let mut options = options.split(',');
    let is_given = options.any(|option| option.starts_with("mode=") || option.starts_with("uid="));
    (!is_given).then(|| folder.trim_end_matches('/').to_owned())
}

impl Mount {
    fn read(folder: &Path, volume: &Value) -> Option<Self> {
        if let Some(short) = volume.as_str() {
            return Some(Self::short(folder, &value(short)));
        }
        let host = match volume["type"].as_str()? {
            "bind" => Some(host_path(folder, &value(&text(&volume["source"])?))),
            "volume" => None,
            _ => return None,
        };
        let source = text(&volume["source"]).filter(|_| host.is_none());
        let target = value(&text(&volume["target"])?);
        let mount = Self::new(host, &target, volume["read_only"] == true);
        Some(Self {
            volume: source.map(|source| value(&source)),
            ..mount
        })
    }

    /// `SOURCE:TARGET:MODE`, or a target by itself.
    pub(in crate::project) fn short(folder: &Path, mount: &str) -> Self {
        let parts = parts(mount);
        let (source, target) = match &*parts {
            [source, target, ..] => (Some(*source), *target),
            [target] => (None, *target),
            [] => (None, ""),
        };
        // A source that only a variable names is a folder of the host, as a rule.
        // `<folder>` is what people have to fill in.
        let starts = ['.', '/', '~', '<', '%', '\\'];
        let is_host =
            |source: &&str| source.is_empty() || source.starts_with(starts) || source.contains(':');
        let host = source.filter(is_host);
        let volume = source.filter(|_| host.is_none());
        let modes = parts.get(2).map_or("", |modes| *modes);
        let mount = Self::new(
            host.map(|source| host_path(folder, source)),
            target,
            modes.split(',').any(|mode| mode == "ro"),
        );
        Self {
            volume: volume.map(str::to_owned),
            ..mount
        }
    }

    /// `type=bind,source=SOURCE,target=TARGET`, as `docker run --mount` has it.
    pub(in crate::project) fn of_option(folder: &Path, mount: &str) -> Option<Self> {
        let pairs: Vec<(&str, &str)> = mount
            .split(',')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "true")))
            .collect();
        let value_of = |names: &[&str]| {
            let mut pairs = pairs.iter();
            pairs.find_map(|(name, value)| names.contains(name).then_some(*value))
        };
        let source = value_of(&["source", "src"]);
        let host = source.filter(|_| value_of(&["type"]) == Some("bind"));
        let target = value_of(&["target", "destination", "dst"])?;
        let read_only = value_of(&["readonly", "ro"]).is_some_and(|value| value != "false");
        Some(Self::new(
            host.map(|source| host_path(folder, source)),
            target,
            read_only,
        ))
    }

    /// A disk that the platform mounts on `target`, which belongs to root.
    pub(in crate::project) fn of_disk(target: &str, read_only: bool) -> Self {
        Self::new(Some(PathBuf::new()), target, read_only)
    }

    fn new(host: Option<PathBuf>, target: &str, read_only: bool) -> Self {
        Self {
            is_file: host.as_deref().is_some_and(Path::is_file),
            host,
            target: target.trim_end_matches('/').to_owned(),
            read_only,
            volume: None,
            shared: Vec::new(),
        }
    }
}

/// What stands between the colons of a mount. One letter in front of a folder and a path is a drive of Windows.
fn parts(mount: &str) -> Vec<&str> {
    let parts: Vec<&str> = mount.split(':').collect();
    match &*parts {
        [drive, folder, target, ..] if drive.len() == 1 && target.starts_with('/') => {
            let host = &mount[..drive.len() + 1 + folder.len()];
            std::iter::once(host)
                .chain(parts[2..].iter().copied())
                .collect()
        }
        _ => parts,
    }
}

fn host_path(folder: &Path, source: &str) -> PathBuf {
    if source.is_empty() {
        return PathBuf::new();
    }
    resolve(folder, source).unwrap_or_else(|| source.into())
}

/// The words of a command line; a string is split as a shell does, but no shell reads it.
fn command(line: &Value) -> Option<Vec<String>> {
    match line {
        Value::String(line) => Some(split(&value(line))),
        Value::Array(words) => Some(words.iter().filter_map(Value::as_str).map(value).collect()),
        _ => None,
    }
}

/// What runs in the container of `service` beside its program: `healthcheck`, `post_start`, `pre_stop`, and what is run when
/// files have changed.
fn beside(service: &Value) -> Vec<Vec<String>> {
    let hooks = ["post_start", "pre_stop"].into_iter();
    let hooks = hooks.flat_map(|key| service[key].as_array().into_iter().flatten());
    let hooks = hooks.filter_map(|hook| command(&hook["command"]));
    let watched = service["develop"]["watch"].as_array().into_iter().flatten();
    let hooks = hooks.chain(watched.filter_map(|watch| command(&watch["exec"]["command"])));
    let health = &service["healthcheck"];
    let check = check(&health["test"]).filter(|_| health["disable"] != true);
    check.into_iter().chain(hooks).collect()
}

/// The command line of a check: a string is for a shell, and the first word of a list says whether the rest is.
fn check(test: &Value) -> Option<Vec<String>> {
    if let Some(text) = test.as_str() {
        return Some(for_shell(&value(text)));
    }
    let words: Vec<&str> = test.as_array()?.iter().filter_map(Value::as_str).collect();
    match words.split_first()? {
        (&"CMD-SHELL", [text, ..]) => Some(for_shell(&value(text))),
        (&"CMD", rest) => Some(rest.iter().copied().map(value).collect()),
        _ => None,
    }
}

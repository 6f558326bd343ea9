//! Compose files as Compose puts them together: `.env`, `extends`, `include`, and files laid over others.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::variables::Variables;
use crate::project::setting::{absolute, value};
use crate::project::{files, yaml};

/// The files that Compose takes by itself, the first that exists before all others, each with those that are laid
/// over it.
const TAKEN: [(&str, [&str; 2]); 4] = [
    ("compose.yaml", COMPOSE_OVER),
    ("compose.yml", COMPOSE_OVER),
    ("docker-compose.yml", DOCKER_COMPOSE_OVER),
    ("docker-compose.yaml", DOCKER_COMPOSE_OVER),
];
const COMPOSE_OVER: [&str; 2] = ["compose.override.yml", "compose.override.yaml"];
const DOCKER_COMPOSE_OVER: [&str; 2] = [
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// How deep files may include each other, and services extend each other.
const DEEPEST: usize = 4;

type Services = Map<String, Value>;

/// A file with all that belongs to it. Its settings have their variables marked, and its paths are absolute.
pub(super) struct Project {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) services: Services,
}

/// Whether a file of this name is one of Compose.
fn is_compose(name: &str) -> bool {
    let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    is_yaml && ["compose", "stack"].iter().any(|word| name.contains(word))
}

/// What the Compose files among the `names` in `folder` come to, alone and together.
pub(super) fn projects(folder: &Path, names: &[String]) -> Vec<Project> {
    let mut projects: Vec<Project> = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    let has = |name: &str| names.iter().any(|known| known == name);
    for (name, overs) in TAKEN.iter().filter(|(name, _)| has(name)) {
        let over = overs.iter().find(|over| has(over));
        let files = [Some(name), over];
        projects.extend(project(folder, files.into_iter().flatten().copied()));
        used.extend(files.into_iter().flatten());
    }
    let others = names
        .iter()
        .filter(|name| is_compose(name) && !used.contains(&name.as_str()));
    for name in others {
        let name = name.as_str();
        projects.extend(project(folder, [name]));
        if let Some(first) = used.first() {
            projects.extend(project(folder, [first, name]));
        }
    }
    projects
}

/// The files of these names, each laid over those before it.
fn project<'n>(folder: &Path, names: impl IntoIterator<Item = &'n str>) -> Option<Project> {
    let mut project: Option<Project> = None;
    for name in names {
        let text = files::read(&folder.join(name))?;
        let services = services(folder, &text, DEEPEST)?;
        match &mut project {
            None => {
                project = Some(Project {
                    name: name.to_owned(),
                    text,
                    services,
                });
            }
            Some(project) => {
                for (service, body) in services {
                    lay_over(&mut project.services, service, body);
                }
            }
        }
    }
    project
}

/// The services in `text`, those that it includes among them; `None` when it is no YAML.
fn services(folder: &Path, text: &str, depth: usize) -> Option<Services> {
    let file = read(folder, text)?;
    let mut services = Services::new();
    if depth > 0 {
        let entries = file["include"].as_array().into_iter().flatten();
        for (name, body) in entries.flat_map(|entry| included(folder, entry, depth - 1)) {
            lay_over(&mut services, name, body);
        }
    }
    let own = file["services"].as_object();
    for (name, body) in own.into_iter().flatten() {
        let body = extended(folder, &file["services"], body, DEEPEST);
        lay_over(&mut services, name.clone(), body);
    }
    Some(services)
}

/// The file `text` of `folder`, with its variables marked.
fn read(folder: &Path, text: &str) -> Option<Value> {
    let mut file = yaml::read(text)?;
    Variables::of_folder(folder).expand_all(&mut file);
    Some(file)
}

/// The services of the file, or of several laid over each other, that an entry of `include` names.
fn included(folder: &Path, entry: &Value, depth: usize) -> Services {
    let paths = match &entry["path"] {
        Value::Null => vec![entry],
        Value::Array(paths) => paths.iter().collect(),
        path => vec![path],
    };
    let mut services = Services::new();
    let files = paths.into_iter().filter_map(Value::as_str).map(value);
    for path in files.map(|path| folder.join(path)) {
        let text = files::read(&path).unwrap_or_default();
        let own = path.parent().unwrap_or(folder);
        let project = entry["project_directory"].as_str().map(value);
        let project = project.map_or_else(|| own.to_owned(), |other| folder.join(other));
        for (name, body) in self::services(&project, &text, depth).unwrap_or_default() {
            lay_over(&mut services, name, body);
        }
    }
    services
}

/// The service `body`, one of `services`, laid over what it extends, with its paths made absolute.
fn extended(folder: &Path, services: &Value, body: &Value, depth: usize) -> Value {
    let mut body = body.clone();
    settle(folder, &mut body);
    let extends = body.get_mut("extends").map(Value::take);
    match extends.filter(|_| depth > 0) {
        None => body,
        Some(extends) => match base_of(folder, services, &extends, depth - 1) {
            Some(base) => merged(base, body),
            None => body,
        },
    }
}

/// The service that `extends` names: one of `services`, or one of another file.
fn base_of(folder: &Path, services: &Value, extends: &Value, depth: usize) -> Option<Value> {
    let name = value(extends["service"].as_str().or(extends.as_str())?);
    let Some(file) = extends["file"].as_str().map(value) else {
        return Some(extended(folder, services, services.get(&name)?, depth));
    };
    let path = folder.join(file);
    let folder = path.parent()?;
    let other = read(folder, &files::read(&path)?)?;
    let services = &other["services"];
    Some(extended(folder, services, services.get(&name)?, depth))
}

/// Writes `build` in its long form, and paths from the root of the disk, so that services of several folders can be
/// merged.
fn settle(folder: &Path, service: &mut Value) {
    if let Some(build) = service.get_mut("build") {
        if let Some(context) = build.as_str() {
            *build = json!({ "context": context });
        }
        if let Some(Value::String(context)) = build.get_mut("context") {
            *context = absolute(folder, context);
        }
    }
    let volumes = service.get_mut("volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        match volume {
            Value::String(short) if short.starts_with('.') => *short = absolute(folder, short),
            Value::Object(long) if long.get("type").is_some_and(|kind| kind == "bind") => {
                if let Some(Value::String(source)) = long.get_mut("source") {
                    *source = absolute(folder, source);
                }
            }
            _ => {}
        }
    }
}

fn lay_over(services: &mut Services, name: String, body: Value) {
    let known = services.remove(&name);
    let body = match known {
        Some(known) => merged(known, body),
        None => body,
    };
    services.insert(name, body);
}

/// As Compose merges files: lists grow, but a command is replaced, and so is that of a check.
fn merged(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            for (key, value) in over {
                let is_replaced = matches!(key.as_str(), "command" | "entrypoint" | "test");
                let value = match base.remove(&key).filter(|_| !is_replaced) {
                    Some(known) => merged(known, value),
                    None => value,
                };
                base.insert(key, value);
            }
            Value::Object(base)
        }
        (Value::Array(mut base), Value::Array(over)) => {
            base.extend(over);
            Value::Array(base)
        }
        (_, over) => over,
    }
}

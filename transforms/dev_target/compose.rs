//! The Compose file.

use crate::analysis::paths::join;
use crate::analysis::runtime;
use crate::transform::{Addition, Refusal};

use super::source::Source;
use super::{Install, NAME, Site};

impl Site<'_, '_> {
    /// The name of a file that is not there yet, from the root of the build context.
    pub(super) fn compose_file(&self) -> Result<String, Refusal> {
        let file = match self.word() {
            None => format!("compose.{NAME}.yaml"),
            Some(word) => format!("compose.{word}.{NAME}.yaml"),
        };
        let context = self.cx.context;
        if context.is_some_and(|context| context.read_hidden(&file).is_some()) {
            let message = format!(
                "{file} is there already, and does not build a stage `{NAME}` of this file"
            );
            return Err(self.refuse("file-exists", message));
        }
        Ok(file)
    }

    /// What tells the Dockerfile from others of the build context; `None` of the usual one.
    fn word(&self) -> Option<String> {
        let path = self.cx.context?.dockerfile()?;
        let words = path.split(['/', '\\', '.']);
        let words: Vec<&str> = words
            .filter(|word| !matches!(*word, "" | "Dockerfile"))
            .collect();
        (!words.is_empty()).then(|| words.join("-"))
    }

    /// A service that builds the stage and mounts the source over it, but not over what was installed there.
    pub(super) fn compose(
        &self,
        file: &str,
        source: &Source,
        install: &Install<'_, '_>,
    ) -> Addition {
        let mut lines = vec![
            "services:".to_owned(),
            format!("  {}:", self.service()),
            "    build:".to_owned(),
            "      context: .".to_owned(),
        ];
        let dockerfile = self.cx.context.and_then(|context| context.dockerfile());
        let dockerfile = dockerfile.filter(|path| *path != "Dockerfile");
        lines.extend(dockerfile.map(|path| format!("      dockerfile: {}", quoted(path))));
        lines.push(format!("      target: {NAME}"));
        lines.extend(self.ports());
        lines.extend(volumes(source, install));
        Addition {
            path: file.to_owned(),
            lines,
        }
    }

    /// The name of the service.
    fn service(&self) -> String {
        let word = self.word().unwrap_or_else(|| "app".to_owned());
        let plain = |c: char| match c.is_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '-',
        };
        word.chars().map(plain).collect()
    }

    /// The lines that publish what the image exposes.
    fn ports(&self) -> Vec<String> {
        let exposed = runtime::of_stage(self.cx.facts, self.last).ports;
        let known = exposed.iter().filter(|port| !port.contains('$'));
        let mut lines: Vec<String> = known.map(|port| published(port)).collect();
        if !lines.is_empty() {
            lines.insert(0, "    ports:".to_owned());
        }
        lines
    }
}

/// The lines that mount the source, and keep what was installed beside it.
fn volumes(source: &Source, install: &Install<'_, '_>) -> Vec<String> {
    let mut lines = vec!["    volumes:".to_owned()];
    let mut mount = |text: &str| lines.push(format!("      - {}", quoted(text)));
    mount(&format!("{}:{}", source.folder, source.target));
    let action = install.step.invocation.as_ref().map(|call| call.action);
    let installed = action.iter().flat_map(|action| &action.host_artefacts);
    let is_folder = |name: &&String| !name.contains(['*', '.']) || name.as_str() == ".venv";
    for name in installed.filter(is_folder) {
        mount(&join(&source.target, name));
    }
    lines
}

/// `3000/tcp` as the same port of the host.
fn published(port: &str) -> String {
    let number = port.split('/').next().unwrap_or_default();
    let port = port.strip_suffix("/tcp").unwrap_or(port);
    format!("      - {}", quoted(&format!("{number}:{port}")))
}

/// A YAML string, which takes no part of it for something else.
fn quoted(text: &str) -> String {
    serde_json::json!(text).to_string()
}

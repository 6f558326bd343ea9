//! Files of images that differ for reasons of their own.

use serde::Deserialize;

use crate::context::matches_name;

/// The table: patterns of paths without a slash in front.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageFiles {
    volatile: Vec<String>,
    accounts: Vec<String>,
    packages: Vec<String>,
    dependencies: Vec<String>,
    system: Vec<String>,
    launchers: Vec<String>,
    installers: Vec<String>,
    tools: Vec<String>,
}

impl ImageFiles {
    /// Adds the entries of another table.
    pub(super) fn extend(&mut self, more: Self) {
        self.volatile.extend(more.volatile);
        self.accounts.extend(more.accounts);
        self.packages.extend(more.packages);
        self.dependencies.extend(more.dependencies);
        self.system.extend(more.system);
        self.launchers.extend(more.launchers);
        self.installers.extend(more.installers);
        self.tools.extend(more.tools);
    }

    /// Whether two builds of the same Dockerfile may fill `path` differently.
    #[must_use]
    pub fn is_volatile(&self, path: &str) -> bool {
        any(&self.volatile, path)
    }

    /// Whether `path` lists the accounts.
    #[must_use]
    pub fn is_of_accounts(&self, path: &str) -> bool {
        any(&self.accounts, path)
    }

    /// Whether `path` is about all installed packages together.
    #[must_use]
    pub fn is_of_packages(&self, path: &str) -> bool {
        any(&self.packages, path)
    }

    /// Whether `path` is about all dependencies together that a package manager of a language has installed.
    #[must_use]
    pub fn is_of_dependencies(&self, path: &str) -> bool {
        any(&self.dependencies, path)
    }

    /// Whether `path` belongs to a distribution.
    #[must_use]
    pub fn is_of_system(&self, path: &str) -> bool {
        any(&self.system, path)
    }

    /// Whether `path` may be a script that a package manager of a language has made to start a program.
    #[must_use]
    pub fn is_launcher(&self, path: &str) -> bool {
        any(&self.launchers, path)
    }

    /// Whether `path` tells which program has installed a package, and how.
    #[must_use]
    pub fn is_of_installer(&self, path: &str) -> bool {
        any(&self.installers, path)
    }

    /// Whether `path` may belong to a tool that was installed to install others.
    #[must_use]
    pub fn is_of_tool(&self, path: &str) -> bool {
        any(&self.tools, path)
    }
}

fn any(patterns: &[String], path: &str) -> bool {
    let path: Vec<&str> = path.split('/').collect();
    patterns.iter().any(|pattern| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        matches(&pattern, &path)
    })
}

/// Whether the parts of a path match those of a pattern.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], path) => !path.is_empty(),
        (["**", rest @ ..], _) => (0..path.len()).any(|at| matches(rest, &path[at..])),
        ([name, pattern @ ..], [part, path @ ..]) => {
            matches_name(name, part) && matches(pattern, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::any;

    #[test]
    fn patterns_are_paths_of_names() {
        let matches = |pattern: &str, path: &str| any(&[pattern.to_owned()], path);
        assert!(matches("var/log/**", "var/log/apt/x.log"));
        assert!(!matches("var/log/**", "var/log"));
        assert!(matches("**/__pycache__/**", "app/a/__pycache__/b.pyc"));
        assert!(matches("**/*.pyc", "b.pyc"));
        assert!(matches("etc/*-", "etc/passwd-"));
        assert!(!matches("etc/*-", "app/etc/passwd-"));
        assert!(!matches("etc/passwd", "etc/passwd/x"));
    }
}

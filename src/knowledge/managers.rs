//! Which tool of `tools.toml` drives a package manager.

use super::images::PackageManager;

impl PackageManager {
    /// The `id` of its tool in `tools.toml`; `None` when there is no package manager, or no tool for it.
    #[must_use]
    pub fn tool(self) -> Option<&'static str> {
        match self {
            Self::Apt => Some("apt"),
            Self::Apk => Some("apk"),
            Self::Dnf | Self::Microdnf | Self::Yum | Self::Tdnf => Some("dnf"),
            Self::Zypper => Some("zypper"),
            Self::Pacman | Self::None => None,
        }
    }

    /// The package manager that the tool `id` drives.
    #[must_use]
    pub fn of_tool(id: &str) -> Option<Self> {
        [Self::Apt, Self::Apk, Self::Dnf, Self::Zypper]
            .into_iter()
            .find(|manager| manager.tool() == Some(id))
    }
}

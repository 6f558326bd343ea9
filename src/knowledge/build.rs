//! Puts the tables into the program as one JSON document, which is read several times as fast as TOML at every start.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(file!()).with_file_name("");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut tables = serde_json::Map::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            tables.insert(name.into_owned(), table(&path)?);
        }
    }
    let document = serde_json::to_string(&tables)?;
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("tables.json"), document)
}

/// The table in the file at `path`.
fn table(path: &Path) -> io::Result<serde_json::Value> {
    let text = fs::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

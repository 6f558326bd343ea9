//! Puts the tables into the program in a packed form, which is read several times as fast as TOML at every start.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(file!()).with_file_name("");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut tables = toml::Table::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            tables.insert(name.into_owned(), toml::Value::Table(table(&path)?));
        }
    }
    pack(&tables, "tables")?;

    let files = folder.join("../project/files.toml");
    println!("cargo::rerun-if-changed={}", files.display());
    pack(&table(&files)?, "files")
}

/// The table in the file at `path`.
fn table(path: &Path) -> io::Result<toml::Table> {
    let text = fs::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// Writes `table` to where the program takes it from.
fn pack(table: &toml::Table, name: &str) -> io::Result<()> {
    let packed = rmp_serde::to_vec_named(table).map_err(io::Error::other)?;
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join(name).with_extension("pack"), packed)
}

//! Puts the tables into the program in a packed form, which is read several times as fast as TOML at every start.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(file!()).with_file_name("");
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            pack(&path)?;
        }
    }

    let files = folder.join("../project/files.toml");
    println!("cargo::rerun-if-changed={}", files.display());
    pack(&files)
}

/// Writes the table in the file at `path` to where the program takes it from.
fn pack(path: &Path) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let malformed = |error| io::Error::other(format!("{}: {error}", path.display()));
    let table: toml::Table = toml::from_str(&text).map_err(malformed)?;
    let packed = rmp_serde::to_vec_named(&table).map_err(io::Error::other)?;
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let name = path.file_stem().unwrap_or_default();
    fs::write(target.join(name).with_extension("pack"), packed)
}

//! Puts the tables into the program in a packed form, which is read several times as fast as TOML at every start, and beside
//! them the words without which their patterns match nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use regex_syntax::hir::{Hir, HirKind};
use serde::Serialize;

/// A shorter word is in most texts.
const SHORTEST: usize = 3;

/// To look for more words takes longer than to look for the pattern.
const MOST_WORDS: usize = 32;

fn main() -> io::Result<()> {
    let folder = Path::new(file!()).with_file_name("");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = folder.join("../project/files.toml");
    println!("cargo::rerun-if-changed={}", files.display());

    let mut words = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let is_table = path.extension().is_some_and(|end| end == "toml");
        if is_table {
            pack(&path, &mut words)?;
        }
    }
    pack(&files, &mut words)?;
    write("words", &words)
}

/// Writes the table in the file at `path` to where the program takes it from, and gathers the words of its patterns.
fn pack(path: &Path, words: &mut BTreeMap<String, Vec<String>>) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let malformed = |error| io::Error::other(format!("{}: {error}", path.display()));
    let table: toml::Table = toml::from_str(&text).map_err(malformed)?;
    gather(&toml::Value::Table(table.clone()), words);
    let name = path.file_stem().and_then(|name| name.to_str());
    write(name.unwrap_or_default(), &table)
}

fn write(name: &str, value: &impl Serialize) -> io::Result<()> {
    let packed = rmp_serde::to_vec_named(value).map_err(io::Error::other)?;
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join(name).with_extension("pack"), packed)
}

/// Adds the words of all strings in `value` that may be patterns.
fn gather(value: &toml::Value, words: &mut BTreeMap<String, Vec<String>>) {
    match value {
        toml::Value::String(text) if text.contains(['\\', '(', '[', '^', '$', '|']) => {
            let pattern = regex_syntax::parse(text).ok();
            let found = pattern.and_then(|pattern| needed(&pattern));
            words.extend(found.map(|found| (text.clone(), found)));
        }
        toml::Value::Array(values) => values.iter().for_each(|value| gather(value, words)),
        toml::Value::Table(table) => table.values().for_each(|value| gather(value, words)),
        _ => {}
    }
}

/// Words of which each text that `pattern` matches has at least one. `None` when there are none, or they are too short or too
/// many to be of use.
fn needed(pattern: &Hir) -> Option<Vec<String>> {
    let words = match pattern.kind() {
        HirKind::Literal(literal) => vec![String::from_utf8(literal.0.to_vec()).ok()?],
        HirKind::Capture(capture) => needed(&capture.sub)?,
        HirKind::Repetition(repeated) if repeated.min > 0 => needed(&repeated.sub)?,
        // The longer the shortest of them, the rarer they are.
        HirKind::Concat(parts) => {
            let of_parts = parts.iter().filter_map(needed);
            of_parts.max_by_key(|words| words.iter().map(String::len).min())?
        }
        HirKind::Alternation(parts) => {
            let of_parts: Option<Vec<_>> = parts.iter().map(needed).collect();
            of_parts?.concat()
        }
        _ => return None,
    };
    let is_of_use = words.len() <= MOST_WORDS && words.iter().all(|word| word.len() >= SHORTEST);
    is_of_use.then_some(words)
}

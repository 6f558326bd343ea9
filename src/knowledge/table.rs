//! A table that is read when it is first looked at.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One of the tables. Most Dockerfiles need few of them, so each is decoded when it is first looked at.
#[derive(Debug)]
pub struct Table<T> {
    /// As `build.rs` packs it.
    packed: &'static [u8],
    read: OnceLock<T>,
}

impl<T: DeserializeOwned> Table<T> {
    /// The table that is `packed`, as `more` of a user extends it.
    pub(super) fn new(packed: &'static [u8], more: Option<T>, extend: fn(&mut T, T)) -> Self {
        let extended = |more| {
            let mut table = unpack(packed);
            extend(&mut table, more);
            table
        };
        let read = more.map(extended);
        Self {
            packed,
            read: read.map_or_else(OnceLock::new, OnceLock::from),
        }
    }
}

impl<T: DeserializeOwned> Deref for Table<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.read.get_or_init(|| unpack(self.packed))
    }
}

/// What `build.rs` has packed.
///
/// # Panics
/// When it has not the form that its reader expects: a test reads all of it.
pub(crate) fn unpack<T: Deserialize<'static>>(packed: &'static [u8]) -> T {
    let table = rmp_serde::from_slice(packed);
    table.unwrap_or_else(|error| panic!("a built-in table is malformed: {error}"))
}

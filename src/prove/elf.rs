//! What an ELF file asks of the system that it runs on.

use std::io::{Read, Seek};

use object::elf::{
    DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, DynamicTag, FileHeader32,
    FileHeader64, Machine, PT_LOAD,
};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _};
use object::read::{ReadCache, ReadRef, StringTable};
use object::{Endianness, FileKind};

/// The first bytes of every ELF file.
pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// An ELF file, as far as the loader looks at it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Elf {
    /// The processor, `e_machine`.
    pub machine: Machine,
    /// Whether it has 64-bit addresses. A loader takes only libraries of its own kind.
    pub is_64: bool,
    /// `PT_INTERP`: the loader that a program names.
    pub interpreter: Option<String>,
    /// `DT_NEEDED`: the libraries that it names.
    pub needed: Vec<String>,
    /// `DT_SONAME`: the name by which others know it.
    pub soname: Option<String>,
    /// `DT_RPATH`: where libraries are looked for first, unless there is a run path.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`: where libraries are looked for after `LD_LIBRARY_PATH`.
    pub runpath: Vec<String>,
}

impl Elf {
    /// Reads what is needed from `file`; `None` when it is no ELF file that a loader would take.
    pub(super) fn read(file: impl Read + Seek) -> Option<Self> {
        let cache = ReadCache::new(file);
        match FileKind::parse(&cache).ok()? {
            FileKind::Elf32 => read::<FileHeader32<Endianness>, _>(&cache, false),
            FileKind::Elf64 => read::<FileHeader64<Endianness>, _>(&cache, true),
            _ => None,
        }
    }
}

fn read<'data, Header, R>(data: R, is_64: bool) -> Option<Elf>
where
    Header: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let mut elf = Elf {
        machine: header.e_machine(endian),
        is_64,
        ..Elf::default()
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let interpreters = segments
        .iter()
        .filter_map(|segment| segment.interpreter(endian, data).ok()?);
    elf.interpreter = interpreters.map(text).next();
    let dynamic = segments
        .iter()
        .find_map(|segment| segment.dynamic(endian, data).ok()?);
    let Some(dynamic) = dynamic else {
        return Some(elf);
    };
    let value = |tag: DynamicTag| {
        let mut entries = dynamic.iter();
        let entry = entries.find(|entry| entry.tag(endian) == tag)?;
        Some(entry.d_val(endian).into())
    };
    let (start, size): (u64, u64) = (value(DT_STRTAB)?, value(DT_STRSZ)?);
    let strings = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == PT_LOAD);
    let strings = strings.filter_map(|segment| {
        let address: u64 = segment.p_vaddr(endian).into();
        let offset: u64 = segment.p_offset(endian).into();
        let within = start.checked_sub(address)?;
        let length: u64 = segment.p_filesz(endian).into();
        (within < length).then_some(offset + within)
    });
    let offset = strings.last()?;
    let strings = StringTable::new(data, offset, offset.checked_add(size)?);
    for entry in dynamic {
        let string = || entry.string(endian, strings).ok().map(text);
        match entry.tag(endian) {
            DT_NEEDED => elf.needed.extend(string()),
            DT_SONAME => elf.soname = string(),
            DT_RPATH => elf.rpath = folders(string()),
            DT_RUNPATH => elf.runpath = folders(string()),
            _ => {}
        }
    }
    Some(elf)
}

fn folders(list: Option<String>) -> Vec<String> {
    let list = list.unwrap_or_default();
    list.split(':')
        .filter(|folder| !folder.is_empty())
        .map(str::to_owned)
        .collect()
}

//! What is kept of the content of a file.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use tempfile::SpooledTempFile;

use crate::prove::elf::{Elf, MAGIC};

/// ELF files up to this size are looked at in memory, larger ones in a temporary file.
const SPOOL: usize = 16 << 20;

/// The longest `#!` line that kernels read.
const LONGEST_SHEBANG: usize = 256;

/// The bytes of a digest that are kept.
pub type Fingerprint = [u8; 16];

/// The content of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// In bytes.
    pub size: u64,
    /// Of the content.
    pub fingerprint: Fingerprint,
    /// What it asks of the loader, if it is an ELF file.
    pub elf: Option<Elf>,
    /// What stands behind `#!` in its first line, without blanks around it.
    pub shebang: Option<String>,
}

/// The fingerprint of a content.
#[must_use]
pub fn fingerprint(content: &[u8]) -> Fingerprint {
    shortened(Sha256::digest(content).as_slice())
}

fn shortened(digest: &[u8]) -> Fingerprint {
    let mut short = Fingerprint::default();
    short
        .iter_mut()
        .zip(digest)
        .for_each(|(short, byte)| *short = *byte);
    short
}

impl File {
    /// Reads `content`, which has `size` bytes.
    pub(super) fn read(mut content: impl Read, size: u64) -> io::Result<Self> {
        let mut head = Vec::with_capacity(LONGEST_SHEBANG);
        content
            .by_ref()
            .take(LONGEST_SHEBANG as u64)
            .read_to_end(&mut head)?;
        let mut file = Self {
            size,
            shebang: shebang(&head),
            ..Self::default()
        };
        let mut digest = Sha256::new();
        let mut content = Cursor::new(&head).chain(content);
        if head.starts_with(MAGIC) {
            let mut spool = SpooledTempFile::new(SPOOL);
            copy(&mut content, |bytes| {
                digest.update(bytes);
                spool.write_all(bytes)
            })?;
            spool.seek(SeekFrom::Start(0))?;
            file.elf = Elf::read(spool);
        } else {
            copy(&mut content, |bytes| {
                digest.update(bytes);
                Ok(())
            })?;
        }
        file.fingerprint = shortened(digest.finalize().as_slice());
        Ok(file)
    }
}

fn copy(content: &mut impl Read, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(()),
            read => to(&buffer[..read])?,
        }
    }
}

fn shebang(head: &[u8]) -> Option<String> {
    let line = head
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    Some(String::from_utf8_lossy(line).trim().to_owned())
}

//! Which files `ADD` unpacks.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How compressed files begin: gzip, bzip2, xz and zstd.
/// Source: `DetectCompression` of <https://github.com/moby/go-archive>.
const COMPRESSED: [&[u8]; 4] = [
    &[0x1f, 0x8b, 0x08],
    b"BZh",
    &[0xfd, b'7', b'z', b'X', b'Z', 0x00],
    &[0x28, 0xb5, 0x2f, 0xfd],
];

/// How archives are called. What is here may only stand for one: Git LFS leaves a note in its place.
const ENDINGS: [&str; 12] = [
    "tar", "tgz", "taz", "gz", "tbz", "tbz2", "bz2", "txz", "xz", "tzst", "zst", "lzma",
];

/// Where a tar archive says that it is one, and what stands there.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Whether a file of this name, or all that match this pattern, are called like archives.
#[must_use]
pub fn is_named_like_archive(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    let ending = ending.map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Whether the file at `path` is compressed or a tar archive, is called like one, or cannot be read.
pub(super) fn may_be_at(path: &Path) -> bool {
    let is_named_so = path.to_str().is_some_and(is_named_like_archive);
    let mut head = Vec::new();
    let length = (TAR.0 + TAR.1.len()) as u64;
    let read = File::open(path).and_then(|file| file.take(length).read_to_end(&mut head));
    let is_compressed = COMPRESSED.iter().any(|start| head.starts_with(start));
    read.is_err() || is_named_so || is_compressed || head[TAR.0.min(head.len())..] == *TAR.1
}

#[cfg(test)]
mod tests {
    use super::may_be_at;

    #[test]
    fn archives_are_known_by_their_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).expect("written");
            path
        };
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\0rest");
        assert!(may_be_at(&write("data", &tar)));
        assert!(may_be_at(&write("data.bin", &[0x1f, 0x8b, 0x08, 0])));
        assert!(may_be_at(&write("old.tar.gz", b"")));
        assert!(may_be_at(&folder.path().join("none")));
        assert!(!may_be_at(&write("app.py", b"print(1)\n")));
        assert!(!may_be_at(&write("empty", b"")));
    }
}

//! An open Dockerfile.

use std::path::Path;

use ls_types::{TextDocumentItem, Uri};

use super::client::Client;
use super::text::Text;
use crate::discover::{self, Source};

/// A document as the client has it now, which need not be what is on the disk.
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: Text,
    /// Where it is. What has no place on the disk yet is treated as standard input is: it has no build context.
    pub(super) source: Source,
}

/// The identifiers under which editors open a Dockerfile.
const LANGUAGES: [&str; 2] = ["dockerfile", "containerfile"];

impl Document {
    /// The document that the client has opened; `None` when it is no Dockerfile.
    pub(super) fn open(item: TextDocumentItem, client: Client) -> Option<Self> {
        let source = source(&item.uri);
        let name = source.path().and_then(Path::file_name);
        let is_named = name
            .and_then(|name| name.to_str())
            .is_some_and(discover::is_dockerfile_name);
        let language = item.language_id.to_ascii_lowercase();
        (is_named || LANGUAGES.contains(&language.as_str())).then(|| Self {
            uri: item.uri,
            version: item.version,
            text: Text::new(item.text, client.encoding),
            source,
        })
    }
}

fn source(uri: &Uri) -> Source {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    match uri.to_file_path().filter(|_| is_file) {
        Some(path) => Source::File(path.into_owned()),
        None => Source::Stdin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(uri: &str, language: &str) -> Option<Document> {
        let uri = uri.parse().expect("an address");
        let item = TextDocumentItem::new(uri, language.to_owned(), 1, String::new());
        Document::open(item, Client::default())
    }

    #[test]
    fn knows_dockerfiles_by_language_or_name() {
        for (uri, language) in [
            ("file:///a/Dockerfile", "plaintext"),
            ("file:///a/image.txt", "dockerfile"),
            ("file:///a/Containerfile", ""),
            ("untitled:Untitled-1", "Dockerfile"),
        ] {
            assert!(opened(uri, language).is_some(), "{uri} {language}");
        }
        for (uri, language) in [
            ("file:///a/Dockerfile.dockerignore", "ignore"),
            ("file:///a/compose.yaml", "dockercompose"),
            ("untitled:Untitled-1", "plaintext"),
        ] {
            assert!(opened(uri, language).is_none(), "{uri} {language}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn only_files_have_a_place() {
        let path = |uri| {
            opened(uri, "dockerfile")
                .and_then(|document| document.source.path().map(Path::to_owned))
        };
        assert_eq!(path("file:///a%20b/%C3%A9"), Some("/a b/é".into()));
        assert_eq!(path("untitled:/a/b"), None);
        assert_eq!(path("vscode-vfs://github/a/b"), None);
    }
}

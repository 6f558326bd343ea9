//! `dfopt lsp`: what could be rewritten in the Dockerfiles that an editor has open.
//!
//! A message of the client is handled as soon as it comes; what is shown follows when no other waits, so that fast
//! typing is not held up. What an action does is worked out when the client asks for it, from the text that the client
//! has and what is on the disk at that moment.

mod actions;
mod client;
mod document;
mod findings;
mod look;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, anyhow};
use ls_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use ls_types::request::{CodeActionRequest, RegisterCapability, Request as _};
use ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams,
    CodeActionProviderCapability, Diagnostic, DidChangeTextDocumentParams,
    DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams, InitializeResult,
    PublishDiagnosticsParams, Registration, RegistrationParams, SaveOptions, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::client::Client;
use self::document::Document;
use self::look::Look;
use crate::cli::Args;
use crate::job::Job;

/// The files besides the Dockerfile that decide what is found, and whose names are known beforehand. What other files
/// hold counts when the document is next changed or saved.
const WATCHED: [&str; 4] = [
    "**/dfopt.toml",
    "**/*.dockerignore",
    "**/*compose*.{yml,yaml}",
    "**/docker-bake.{hcl,json}",
];

/// Talks with an editor over standard input and output until it says that it has enough.
pub(crate) fn serve(args: &Args) -> Result<()> {
    let (connection, threads) = Connection::stdio();
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let client = Client::new(&params.capabilities);
    connection.initialize_finish(id, serde_json::to_value(greeting(client))?)?;
    Server::new(args, client, &connection).run()?;
    // The thread that writes ends when nobody can hand it a message.
    drop(connection);
    threads.join()?;
    Ok(())
}

fn greeting(client: Client) -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(
            SaveOptions::default(),
        )),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, actions::FIX_ALL]),
        ..CodeActionOptions::default()
    };
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(client.encoding.kind()),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        ..InitializeResult::default()
    }
}

struct Server<'a> {
    args: &'a Args,
    client: Client,
    connection: &'a Connection,
    documents: BTreeMap<Uri, Document>,
    /// Documents whose diagnostics may no longer be right.
    stale: BTreeSet<Uri>,
}

impl<'a> Server<'a> {
    fn new(args: &'a Args, client: Client, connection: &'a Connection) -> Self {
        Self {
            args,
            client,
            connection,
            documents: BTreeMap::new(),
            stale: BTreeSet::new(),
        }
    }

    fn run(mut self) -> Result<()> {
        if self.client.watches_files {
            self.watch_files()?;
        }
        let connection = self.connection;
        for message in &connection.receiver {
            match message {
                Message::Request(request) if connection.handle_shutdown(&request)? => break,
                Message::Request(request) => self.send(self.answer(request))?,
                Message::Notification(notification) => self.note(notification),
                Message::Response(_) => {}
            }
            if connection.receiver.is_empty() {
                self.publish_stale()?;
            }
        }
        Ok(())
    }

    fn send(&self, message: impl Into<Message>) -> Result<()> {
        Ok(self.connection.sender.send(message.into())?)
    }

    fn notify<N: ls_types::notification::Notification>(&self, params: N::Params) -> Result<()> {
        self.send(Notification::new(N::METHOD.to_owned(), params))
    }

    /// Asks to be told of changes to the files that decide.
    fn watch_files(&self) -> Result<()> {
        let watcher = |glob: &str| FileSystemWatcher {
            glob_pattern: GlobPattern::String(glob.to_owned()),
            kind: None,
        };
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: WATCHED.into_iter().map(watcher).collect(),
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: Some(serde_json::to_value(options)?),
        };
        let params = RegistrationParams {
            registrations: vec![registration],
        };
        let method = RegisterCapability::METHOD.to_owned();
        self.send(Request::new("watch".to_owned().into(), method, params))
    }

    fn answer(&self, request: Request) -> Response {
        match request.method.as_str() {
            CodeActionRequest::METHOD => match serde_json::from_value(request.params) {
                Ok(params) => Response::new_ok(request.id, self.actions(&params)),
                Err(error) => {
                    let code = ErrorCode::InvalidParams as i32;
                    Response::new_err(request.id, code, error.to_string())
                }
            },
            method => {
                let message = format!("dfopt does not know the request {method}");
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    fn actions(&self, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
        let Some(document) = self.documents.get(&params.text_document.uri) else {
            return Vec::new();
        };
        let only = params.context.only.as_deref();
        let offered = guarded(|| {
            let job = self.job()?;
            let look = Look::at(document, &job)?;
            Ok(actions::actions(
                document,
                &look,
                self.client,
                params.range,
                only,
            ))
        });
        // What went wrong is shown in the margin.
        offered.unwrap_or_default()
    }

    /// Takes note of what the client has done. What cannot be read is no reason to give up the rest: the protocol has
    /// no answer to a notification.
    fn note(&mut self, Notification { method, params }: Notification) {
        match method.as_str() {
            DidOpenTextDocument::METHOD => self.with(params, Self::open),
            DidChangeTextDocument::METHOD => self.with(params, Self::change),
            DidCloseTextDocument::METHOD => self.with(params, Self::close),
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => {
                self.stale.extend(self.documents.keys().cloned());
            }
            _ => {}
        }
    }

    fn with<P: DeserializeOwned>(&mut self, params: Value, handle: impl FnOnce(&mut Self, P)) {
        if let Ok(params) = serde_json::from_value(params) {
            handle(self, params);
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        if let Some(document) = Document::open(params.text_document, self.client) {
            self.stale.insert(document.uri.clone());
            self.documents.insert(document.uri.clone(), document);
        }
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let Some(document) = self.documents.get_mut(&params.text_document.uri) else {
            return;
        };
        document.version = params.text_document.version;
        params
            .content_changes
            .into_iter()
            .for_each(|change| document.text.change(change));
        self.stale.insert(document.uri.clone());
    }

    fn close(&mut self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        if self.documents.remove(&uri).is_some() {
            self.stale.insert(uri);
        }
    }

    /// A job of its own for each look: what stands on the disk may have changed since the last.
    fn job(&self) -> Result<Job<'a>> {
        Job::new(self.args, None)
    }

    fn diagnostics(&self, document: &Document) -> Vec<Diagnostic> {
        let found = guarded(|| {
            let job = self.job()?;
            let look = Look::at(document, &job)?;
            Ok(findings::diagnostics(document, &look, self.client))
        });
        found.unwrap_or_else(|error| vec![findings::of_failure(document, &error)])
    }

    /// Shows what is found in each document that has changed, and nothing more in those that are closed.
    fn publish_stale(&mut self) -> Result<()> {
        for uri in std::mem::take(&mut self.stale) {
            let document = self.documents.get(&uri);
            let diagnostics = document.map_or_else(Vec::new, |document| self.diagnostics(document));
            let version = document.map(|document| document.version);
            self.notify::<PublishDiagnostics>(PublishDiagnosticsParams::new(
                uri,
                diagnostics,
                version,
            ))?;
        }
        Ok(())
    }
}

/// Does `work`. A text that makes dfopt fail is no reason to leave the editor alone with all others.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let attempt = panic::catch_unwind(AssertUnwindSafe(work));
    attempt.unwrap_or_else(|_| {
        Err(anyhow!(
            "dfopt failed on this file: please report it as a bug"
        ))
    })
}

//! `dfopt lsp`, talked to as an editor does: messages over standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::sandbox::{APT, BROKEN, NODE, Sandbox};

/// An editor that has started `dfopt lsp`.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    requests: u64,
    /// What the server said when it was greeted.
    greeting: Value,
}

/// As [`APT`], but others may be built on the image: they could want the lists.
const BASE: &str = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n";

/// What a full-grown editor can do.
fn everything() -> Value {
    json!({
        "workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        "textDocument": {"publishDiagnostics": {"relatedInformation": true}},
    })
}

impl Editor {
    fn start(sandbox: &Sandbox, args: &[&str], capabilities: Value) -> Self {
        let args: Vec<&str> = [&["lsp"], args].concat();
        let mut command: Command = sandbox.command(env!("CARGO_BIN_EXE_dfopt"), &args);
        let mut server = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut editor = Self {
            input: server.stdin.take().unwrap(),
            output: BufReader::new(server.stdout.take().unwrap()),
            server,
            requests: 0,
            greeting: Value::Null,
        };
        let params = json!({"processId": null, "rootUri": null, "capabilities": capabilities});
        editor.greeting = editor.ask("initialize", params)["result"].clone();
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The answer to a request. What the server says meanwhile is passed over.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.hear();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn hear(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "the server is gone"
            );
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", number)) => length = number.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The diagnostics that are shown next.
    fn shown(&mut self) -> Value {
        loop {
            let message = self.hear();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"].clone();
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        let document = json!({"uri": uri, "languageId": "dockerfile", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        let shown = self.shown();
        assert_eq!(shown["uri"], uri);
        shown["diagnostics"].as_array().unwrap().clone()
    }

    /// The actions that are offered at the position, of the kinds `only`.
    fn actions(&mut self, uri: &str, line: u32, only: Value) -> Vec<Value> {
        let position = json!({"line": line, "character": 0});
        let params = json!({
            "textDocument": {"uri": uri},
            "range": {"start": position, "end": position},
            "context": {"diagnostics": [], "only": only},
        });
        let answer = self.ask("textDocument/codeAction", params);
        answer["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer:#}"))
            .clone()
    }

    fn stop(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        drop(self.input);
        assert!(self.server.wait().unwrap().success());
    }
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions
        .iter()
        .map(|action| action["title"].as_str().unwrap())
        .collect()
}

/// The edits that an action makes in the document at `uri`.
fn edits<'a>(action: &'a Value, uri: &str) -> &'a [Value] {
    let edit = &action["edit"];
    let edits = match edit["documentChanges"].as_array() {
        None => &edit["changes"][uri],
        Some(changes) => {
            let mut changes = changes.iter();
            let change = changes.find(|change| change["textDocument"]["uri"] == uri);
            &change.unwrap_or_else(|| panic!("no edit of {uri}: {action:#}"))["edits"]
        }
    };
    edits
        .as_array()
        .unwrap_or_else(|| panic!("no edit of {uri}: {action:#}"))
}

/// `text` after `edits`, whose columns count bytes or halves of surrogate pairs.
fn applied(text: &str, edits: &[Value], unit: fn(char) -> usize) -> String {
    let offset = |position: &Value| {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
        let line_start: usize = text
            .split_inclusive('\n')
            .take(number("line"))
            .map(str::len)
            .sum();
        let mut left = number("character");
        let rest = text[line_start..].char_indices().find(|(_, character)| {
            let is_there = left == 0;
            left = left.saturating_sub(unit(*character));
            is_there
        });
        rest.map_or(text.len(), |(at, _)| line_start + at)
    };
    let mut result = text.to_owned();
    for edit in edits.iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        result.replace_range(range, edit["newText"].as_str().unwrap());
    }
    result
}

fn uri(sandbox: &Sandbox, path: &str) -> String {
    format!("file://{}", sandbox.path(path).display())
}

#[test]
fn a_rewrite_is_shown_and_made() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let uri = uri(&sandbox, "Dockerfile");
    let mut editor = Editor::start(&sandbox, &["--stdio"], everything());
    assert_eq!(editor.greeting["serverInfo"]["name"], "dfopt");
    assert_eq!(
        editor.greeting["capabilities"]["positionEncoding"],
        "utf-16"
    );

    let diagnostics = editor.open(&uri, APT);
    let merge = diagnostics
        .iter()
        .find(|shown| shown["code"] == "merge-apt")
        .unwrap();
    assert_eq!(merge["range"]["start"]["line"], 1);
    assert_eq!(merge["severity"], 3, "information");
    assert!(!merge["relatedInformation"].as_array().unwrap().is_empty());

    let actions = editor.actions(&uri, 2, json!(["quickfix"]));
    let one = &actions[0];
    assert!(titles(&actions)[0].ends_with("(safe)"), "{actions:#?}");
    assert_eq!(one["diagnostics"][0], *merge);
    assert_eq!(
        one["edit"]["documentChanges"][0]["textDocument"]["version"],
        1
    );
    let merged = applied(APT, edits(one, &uri), char::len_utf16);
    assert!(merged.contains("apt-get update \\\n"), "{merged}");
    editor.stop();
}

#[test]
fn all_rewrites_are_those_of_the_command_line() {
    let sandbox = Sandbox::node();
    let uri = uri(&sandbox, "Dockerfile");
    let mut editor = Editor::start(&sandbox, &[], everything());
    assert!(!editor.open(&uri, NODE).is_empty());
    let actions = editor.actions(&uri, 0, Value::Null);
    let all = actions.iter().find(|action| {
        action["title"]
            .as_str()
            .unwrap()
            .starts_with("dfopt: apply all")
    });
    let all = all.unwrap();
    let ignore_file = self::uri(&sandbox, ".dockerignore");
    let created = applied("", edits(all, &ignore_file), char::len_utf16);
    let rewritten = applied(NODE, edits(all, &uri), char::len_utf16);
    assert_eq!(
        all["edit"]["documentChanges"][0],
        json!({"kind": "create", "uri": ignore_file,
        "options": {"ignoreIfExists": true}})
    );

    sandbox.dfopt(&["--write", "Dockerfile"]).exits(0);
    assert_eq!(rewritten, sandbox.read("Dockerfile"));
    assert_eq!(created, sandbox.read(".dockerignore"));
    editor.stop();
}

#[test]
fn an_editor_that_creates_no_files_is_offered_nothing_that_needs_one() {
    let sandbox = Sandbox::node();
    let uri = uri(&sandbox, "Dockerfile");
    let mut editor = Editor::start(&sandbox, &["--only=reorder-copies"], json!({}));
    assert_eq!(editor.open(&uri, NODE).len(), 1);
    assert!(editor.actions(&uri, 2, Value::Null).is_empty());
    sandbox.put(".dockerignore", ".git\n");
    let actions = editor.actions(&uri, 2, Value::Null);
    let ignored = edits(&actions[0], &self::uri(&sandbox, ".dockerignore"));
    assert!(applied(".git\n", ignored, char::len_utf16).starts_with(".git\nnode_modules"));
    editor.stop();
}

#[test]
fn typing_changes_what_is_shown() {
    let sandbox = Sandbox::new(&[]);
    let uri = "untitled:Untitled-1";
    let mut editor = Editor::start(&sandbox, &["--only=merge-apt"], everything());
    let text = "# 🐳 whale\nFROM debian:12\nRUN apt-get update\nRUN echo 🐳\n";
    assert!(editor.open(uri, text).is_empty());
    let mut change = |changes: Value| {
        let document = json!({"uri": uri, "version": 2});
        editor.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
        let shown = editor.shown();
        assert_eq!(shown["version"], 2);
        shown["diagnostics"].as_array().unwrap().clone()
    };
    let range = |start: (u32, u32), end: (u32, u32)| json!({"start": {"line": start.0, "character": start.1}, "end": {"line": end.0, "character": end.1}});
    let install = json!([{"range": range((3, 4), (3, 11)), "text": "apt-get install -y jq"}]);
    let shown = change(install);
    assert_eq!(shown.len(), 1, "{shown:#?}");
    assert_eq!(shown[0]["range"], range((2, 0), (2, 18)));
    let two = json!([{"range": range((0, 3), (1, 0)), "text": "🐳\n"}, {"range": range((2, 0), (3, 0)), "text": ""}]);
    change(two);
    assert_eq!(
        change(json!([{"text": BROKEN}]))[0]["severity"],
        1,
        "an error"
    );
    editor.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": uri}}),
    );
    assert_eq!(editor.shown()["diagnostics"], json!([]));
    editor.stop();
}

#[test]
fn columns_are_counted_as_agreed() {
    let text = "FROM debian:12\nRUN echo 🐳 && apt-get update\nRUN apt-get install -y jq\n";
    for (encodings, name, unit) in [
        (
            json!(["utf-32", "utf-16"]),
            "utf-16",
            char::len_utf16 as fn(char) -> usize,
        ),
        (json!(["utf-8", "utf-16"]), "utf-8", char::len_utf8),
    ] {
        let sandbox = Sandbox::new(&[("Dockerfile", text)]);
        let uri = uri(&sandbox, "Dockerfile");
        let mut capabilities = everything();
        capabilities["general"] = json!({"positionEncodings": encodings});
        let mut editor = Editor::start(&sandbox, &[], capabilities);
        assert_eq!(editor.greeting["capabilities"]["positionEncoding"], name);
        editor.open(&uri, text);
        let actions = editor.actions(&uri, 1, Value::Null);
        let all = actions.last().unwrap();
        let rewritten = applied(text, edits(all, &uri), unit);
        sandbox.dfopt(&["--write", "Dockerfile"]).exits(0);
        assert_eq!(rewritten, sandbox.read("Dockerfile"), "{name}");
        editor.stop();
    }
}

#[test]
fn what_is_made_on_save_is_proven() {
    let sandbox = Sandbox::new(&[("Dockerfile", BASE)]);
    let uri = uri(&sandbox, "Dockerfile");
    let mut editor = Editor::start(&sandbox, &[], everything());
    editor.open(&uri, BASE);
    assert!(titles(&editor.actions(&uri, 0, json!(["source.organizeImports"]))).is_empty());
    assert!(titles(&editor.actions(&uri, 0, json!(["source.fixAll"]))).is_empty());
    assert!(!titles(&editor.actions(&uri, 0, json!(["quickfix"]))).is_empty());
    let shipped = self::uri(&sandbox, "shipped.Dockerfile");
    editor.open(&shipped, APT);
    let actions = editor.actions(&shipped, 0, json!(["source"]));
    assert_eq!(titles(&actions), ["dfopt: apply all rewrites (1 safe)"]);
    assert_eq!(actions[0]["kind"], "source.fixAll.dfopt");
    editor.stop();
}

#[test]
fn the_configuration_is_that_of_the_folder() {
    let sandbox = Sandbox::new(&[
        ("app/Dockerfile", BASE),
        ("dfopt.toml", "[transforms]\nmerge-apt = false\n"),
    ]);
    let uri = uri(&sandbox, "app/Dockerfile");
    let mut editor = Editor::start(&sandbox, &[], everything());
    let is_shown = |shown: &[Value]| shown.iter().any(|shown| shown["code"] == "merge-apt");
    assert!(!is_shown(&editor.open(&uri, BASE)));
    sandbox.put("dfopt.toml", "safety = \"safe\"\n");
    editor.tell(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}}),
    );
    let shown = editor.shown()["diagnostics"].as_array().unwrap().clone();
    assert!(is_shown(&shown));
    assert!(
        shown.iter().all(|shown| shown["severity"] == 4),
        "hints: {shown:#?}"
    );
    sandbox.put("dfopt.toml", "saftey = 1\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    let shown = editor.shown();
    assert!(
        shown["diagnostics"][0]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `safety`?")
    );
    editor.stop();
}

#[test]
fn odd_messages_do_not_stop_it() {
    let sandbox = Sandbox::new(&[]);
    let mut editor = Editor::start(&sandbox, &[], json!({}));
    editor.tell("textDocument/didOpen", json!({"textDocument": 7}));
    editor.tell("$/cancelRequest", json!({"id": 9}));
    assert_eq!(
        editor.ask("textDocument/hover", json!({}))["error"]["code"],
        -32601
    );
    assert_eq!(
        editor.ask("textDocument/codeAction", json!([]))["error"]["code"],
        -32602
    );
    assert!(
        editor
            .actions("file:///nowhere/Dockerfile", 0, Value::Null)
            .is_empty()
    );
    editor.stop();
}

//! What is written for other programs is what these programs expect.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::sandbox::{APT, BROKEN, CLEAN, NODE, Run, Sandbox};

/// Every kind of thing that is said of files: proven and assumed rewrites, one that is withheld, additions, evidence of
/// each kind, refusals, errors with and without a place, a context that a Compose file names.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::node();
    sandbox.put("apt/Dockerfile", APT);
    sandbox.put("clean/Dockerfile", CLEAN);
    sandbox.put("crlf, 100%: ö/Dockerfile", APT.replace('\n', "\r\n"));
    sandbox.put("docker/broken.Dockerfile", BROKEN);
    sandbox.put("latin/Dockerfile", b"FROM a\n# caf\xE9\n");
    let compose = "services:\n  web:\n    build: { context: .., dockerfile: docker/Dockerfile }\n";
    sandbox.put("docker/compose.yaml", compose);
    sandbox.put("docker/Dockerfile", NODE);
    sandbox
}

fn run(sandbox: &Sandbox, format: &str) -> Run {
    sandbox.dfopt(&["-v", "--format", format, "."]).exits(2)
}

fn parsed(sandbox: &Sandbox, format: &str) -> Value {
    serde_json::from_str(&run(sandbox, format).out).unwrap()
}

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn assert_valid(validator: &Validator, value: &Value) {
    let errors = validator.iter_errors(value);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The schema with nothing in an object that it does not describe, so that a new key has to be described.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            if keys.contains_key("properties") {
                keys.insert("additionalProperties".to_owned(), json!(false));
            }
            keys.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

#[test]
fn json_follows_its_schema() {
    let mut schema = schema("docs/schema/report-1.json");
    assert_valid(&jsonschema::meta::validator_for(&schema).unwrap(), &schema);
    strict(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let sandbox = sandbox();
    let report = parsed(&sandbox, "json");
    assert_valid(&validator, &report);
    let safe = sandbox.dfopt(&["--safety", "safe", "--format", "json", "apt"]);
    let safe: Value = serde_json::from_str(&safe.exits(0).out).unwrap();
    assert_valid(&validator, &safe);
    // The schema has been asked about everything that there is.
    let all = [report, safe].map(|report| report.to_string()).concat();
    for key in [
        "\"file\":",
        "\"table\":",
        "\"by\":",
        "\"advice\":\"",
        "\"lines\":[\"",
    ] {
        assert!(all.contains(key), "{key} is nowhere in {all}");
    }
    assert!(all.contains("\"withheld\":[{") && all.contains("\"assumptions\":[\""));
    assert!(all.contains("\"existed\":false") && all.contains("\"line\":null"));
}

#[test]
fn the_cases_follow_the_schema() {
    let validator = jsonschema::validator_for(&schema("docs/schema/report-1.json")).unwrap();
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/transforms");
    let run = Sandbox::new(&[]).dfopt(&["--format", "json", cases]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert!(report["files"].as_array().unwrap().len() > 100);
    assert_valid(&validator, &report);
}

/// `text` with `edits` applied: byte offsets, from the last to the first.
fn applied(text: &str, edits: &Value) -> String {
    let mut text = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let offset = |end: &str| usize::try_from(edit[end]["byte"].as_u64().unwrap()).unwrap();
        assert_eq!(edit["start"], point(&text, offset("start")));
        assert_eq!(edit["end"], point(&text, offset("end")));
        let new = edit["text"].as_str().unwrap();
        text.replace_range(offset("start")..offset("end"), new);
    }
    text
}

fn point(text: &str, byte: usize) -> Value {
    let before = &text[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before
        .chars()
        .rev()
        .take_while(|&character| character != '\n')
        .count()
        + 1;
    json!({ "byte": byte, "line": line, "column": column })
}

#[test]
fn edits_make_the_result() {
    let sandbox = sandbox();
    let report = parsed(&sandbox, "json");
    let before =
        |path: &str| String::from_utf8_lossy(&fs::read(sandbox.path(path)).unwrap()).into_owned();
    let results = report["files"].as_array().unwrap().iter().map(|file| {
        let path = file["path"].as_str().unwrap().to_owned();
        let mut step_by_step = before(&path);
        for rewrite in file["rewrites"].as_array().unwrap() {
            step_by_step = applied(&step_by_step, &rewrite["edits"]);
        }
        let at_once = applied(&before(&path), &file["edits"]);
        assert_eq!(at_once, step_by_step, "{path}");
        (path, at_once)
    });
    let results: Vec<(String, String)> = results.collect();
    sandbox.dfopt(&["--write", "."]).exits(2);
    assert_eq!(results.len(), 7);
    for (path, result) in results {
        assert_eq!(result, before(&path), "{path}");
    }
}

#[test]
fn sarif_follows_the_schema_of_oasis() {
    let mut schema = schema("tests/schemas/sarif-2.1.0.json");
    // The pattern of languages has a bracket too many, which a strict reader takes for no pattern. dfopt names none.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert!(
            language
                .as_object_mut()
                .unwrap()
                .remove("pattern")
                .is_some()
        );
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let sandbox = sandbox();
    let log = parsed(&sandbox, "sarif");
    assert_valid(&validator, &log);
    let empty = sandbox.dfopt(&["--format", "sarif", "clean"]).exits(0);
    assert_valid(&validator, &serde_json::from_str(&empty.out).unwrap());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let id = result["ruleId"].as_str().unwrap();
        let id = id.split('/').next().unwrap();
        assert!(rules.iter().any(|rule| rule["id"] == id), "{id} is no rule");
    }
    let levels = ["error", "warning", "note"];
    assert!(
        levels
            .iter()
            .all(|level| results.iter().any(|result| result["level"] == *level))
    );
    let uris: Vec<&Value> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert!(
        uris.contains(&&json!("crlf%2C%20100%25%3A%20%C3%B6/Dockerfile")),
        "{uris:?}"
    );
}

/// `text` with the regions of a SARIF fix replaced: lines and columns from 1, the last first.
fn fixed(text: &str, fix: &Value) -> String {
    let mut text = text.to_owned();
    let change = &fix["artifactChanges"][0];
    for replacement in change["replacements"].as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let offset = |line: &str, column: &str| {
            let number = |key: &str| usize::try_from(region[key].as_u64().unwrap()).unwrap();
            let start: usize = text
                .split_inclusive('\n')
                .take(number(line) - 1)
                .map(str::len)
                .sum();
            let columns = text[start..].chars().take(number(column) - 1);
            start + columns.map(char::len_utf8).sum::<usize>()
        };
        let range = offset("startLine", "startColumn")..offset("endLine", "endColumn");
        text.replace_range(
            range,
            replacement["insertedContent"]["text"].as_str().unwrap(),
        );
    }
    text
}

#[test]
fn the_last_fix_of_sarif_makes_the_result() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let log = sandbox.dfopt(&["--format", "sarif"]).exits(0).out;
    let log: Value = serde_json::from_str(&log).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 1);
    let last = fixed(APT, &results.last().unwrap()["fixes"][0]);
    let first = fixed(APT, &results[0]["fixes"][0]);
    sandbox.dfopt(&["--write"]).exits(0);
    assert_eq!(last, sandbox.read("Dockerfile"));
    assert_ne!(first, last);
}

#[test]
fn github_shows_annotations() {
    let run = run(&sandbox(), "github");
    let lines: Vec<&str> = run.out.lines().collect();
    let has = |start: &str, part: &str| {
        let found = lines
            .iter()
            .any(|line| line.starts_with(start) && line.contains(part));
        assert!(found, "no {start} with {part}: {lines:#?}");
    };
    has(
        "::warning file=apt/Dockerfile,line=2,endLine=3,title=",
        "dfopt%3A merge-apt (safe)::2 RUN",
    );
    has("::warning file=apt/Dockerfile,", "%0Aassumes nothing needs");
    has(
        "::warning file=crlf%2C 100%25%3A ö/Dockerfile,",
        "merge-apt",
    );
    has(
        "::notice file=apt/Dockerfile,line=4,endLine=4,col=1,endColumn=13,",
        "nonroot-user/",
    );
    has("::error file=docker/broken.Dockerfile,line=3,", "COPPY");
    has(
        "::error file=latin/Dockerfile,title=dfopt%3A error::",
        "UTF-8",
    );
    assert!(
        lines.iter().all(|line| line.starts_with("::")),
        "{lines:#?}"
    );
    let quiet = sandbox().dfopt(&["--format", "github", "apt"]).exits(0);
    assert!(
        !quiet.out.contains("::notice"),
        "refusals only with -v: {quiet:#?}"
    );
}

#[test]
fn reviewdog_can_suggest_the_result() {
    let sandbox = sandbox();
    let report = parsed(&sandbox, "rdjson");
    assert_eq!(report["source"]["name"], "dfopt");
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let of = |path: &str, severity: &str| {
        let found = diagnostics.iter().find(|diagnostic| {
            diagnostic["location"]["path"] == path && diagnostic["severity"] == severity
        });
        found.unwrap_or_else(|| panic!("no {severity} for {path} in {report:#}"))
    };
    let error = of("docker/broken.Dockerfile", "ERROR");
    assert_eq!(error["location"]["range"]["start"]["line"], 3);
    assert_eq!(
        of("latin/Dockerfile", "ERROR")["location"]["range"],
        Value::Null
    );
    of("apt/Dockerfile", "INFO");
    let rewrites = of("apt/Dockerfile", "WARNING");
    let [suggestion] = rewrites["suggestions"].as_array().unwrap().as_slice() else {
        panic!("{rewrites:#}")
    };
    let range = &suggestion["range"];
    assert_eq!(
        *range, rewrites["location"]["range"],
        "or reviewdog does not take it"
    );
    let line = |end: &str| usize::try_from(range[end]["line"].as_u64().unwrap()).unwrap();
    let lines: Vec<&str> = APT.lines().collect();
    let text = suggestion["text"].as_str().unwrap();
    let result = [&lines[..line("start") - 1], &[text], &lines[line("end")..]].concat();
    sandbox.dfopt(&["--write", "apt"]).exits(0);
    assert_eq!(result.join("\n") + "\n", sandbox.read("apt/Dockerfile"));
}

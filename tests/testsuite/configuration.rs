//! `dfopt.toml`: what it decides, and what it says of mistakes.

use crate::sandbox::{APT, NODE, Sandbox};

#[test]
fn the_configuration_is_found_upwards() {
    let sandbox = Sandbox::new(&[
        ("a/b/Dockerfile", APT),
        ("dfopt.toml", "[transforms]\nmerge-apt = false\n"),
    ]);
    sandbox
        .dfopt(&["--check", "--skip", "nonroot-user,split-stages"])
        .exits(0);
    sandbox.dfopt(&["--check", "--only", "merge-apt"]).exits(1);
    sandbox.put("a/dfopt.toml", "");
    sandbox
        .dfopt(&["--check", "--skip", "nonroot-user,split-stages"])
        .exits(1);
    sandbox
        .dfopt(&[
            "--check",
            "--skip",
            "nonroot-user,split-stages",
            "--config",
            "dfopt.toml",
        ])
        .exits(0);
}

#[test]
fn overrides_apply_to_their_paths() {
    let config = "[[override]]\npaths = [\"legacy/**\"]\ntransforms = { merge-apt = false }\n";
    let sandbox = Sandbox::new(&[
        ("legacy/Dockerfile", APT),
        ("new/Dockerfile", APT),
        ("dfopt.toml", config),
    ]);
    let run = sandbox
        .dfopt(&["--diff", "--skip", "nonroot-user,split-stages"])
        .exits(0)
        .says("b/new/Dockerfile");
    assert!(!run.out.contains("legacy"), "{run:#?}");
}

#[test]
fn the_context_can_be_configured() {
    let sandbox = Sandbox::node();
    sandbox.put("docker/Dockerfile", NODE);
    sandbox.put(
        "dfopt.toml",
        "[[override]]\npaths = [\"docker/\"]\ncontext = \".\"\n",
    );
    let run = sandbox
        .dfopt(&["--only", "reorder-copies", "--diff", "docker"])
        .exits(0);
    run.says("+++ b/.dockerignore\n");
}

#[test]
fn mistakes_in_the_configuration_are_located() {
    let expected = [
        (
            "\nsaftey = \"safe\"\n",
            "dfopt.toml:2:1",
            "did you mean `safety`?",
        ),
        (
            "safety = \"asumed\"\n",
            "dfopt.toml:1:10",
            "did you mean `assumed`?",
        ),
        (
            "preset = \"sise\"\n",
            "dfopt.toml:1:10",
            "did you mean `size`?",
        ),
        (
            "[transforms]\nmerge_apt = true\n",
            "dfopt.toml:2:1",
            "did you mean `merge-apt`?",
        ),
        (
            "[[override]]\npath = [\"a\"]\n",
            "dfopt.toml:2:1",
            "did you mean `paths`?",
        ),
        ("safety = \n", "dfopt.toml:1:", ""),
        (
            "[[knowledge.tools.tool]]\nid = \"x\"\nprograms = []\noption = {}\n",
            "dfopt.toml:4:1",
            "did you mean `options`?",
        ),
    ];
    for (config, place, advice) in expected {
        let sandbox = Sandbox::new(&[("Dockerfile", APT), ("dfopt.toml", config)]);
        sandbox
            .dfopt(&["--write"])
            .exits(2)
            .warns(place)
            .warns(advice);
        assert_eq!(sandbox.read("Dockerfile"), APT);
        sandbox
            .dfopt(&["--config", "dfopt.toml"])
            .exits(2)
            .warns(place)
            .warns(advice);
    }
    Sandbox::new(&[])
        .dfopt(&["--config", "nosuch.toml"])
        .exits(2)
        .warns("nosuch.toml cannot be read");
}

#[test]
fn knowledge_can_be_added() {
    let text = NODE.replace("RUN npm ci", "RUN get-model --model small\nRUN npm ci");
    let sandbox = Sandbox::node();
    sandbox.put("Dockerfile", &text);
    let moves_past = |sandbox: &Sandbox| {
        let run = sandbox
            .dfopt(&["--only", "reorder-copies", "--diff"])
            .exits(0);
        run.out.contains("\n-COPY . .\n") && run.out.contains("\n RUN get-model")
    };
    assert!(
        !moves_past(&sandbox),
        "a program that nobody knows may read everything"
    );
    let tool = r#"
        [[knowledge.tools.tool]]
        id = "get-model"
        programs = ["get-model"]
        options = { value = ["--model"] }
        [[knowledge.tools.tool.action]]
        does = "files"
        writes = ["/opt/models"]
    "#;
    sandbox.put("dfopt.toml", tool);
    assert!(moves_past(&sandbox));
}
#[test]
fn what_only_goes_into_the_ignore_file_is_written_once() {
    let sandbox = Sandbox::new(&[
        (
            "Dockerfile",
            "FROM debian:12\nCOPY . /app\nCMD [\"/app/run\"]\n",
        ),
        ("run", "x"),
        (".hg/store", "x"),
        (".env", "TOKEN=1"),
    ]);
    let dockerfile = sandbox.read("Dockerfile");
    let run = |options: &[&str]| sandbox.dfopt(&[&["--only", "narrow-copy"], options].concat());
    run(&["--diff"]).exits(0).says("+++ b/.dockerignore\n");
    run(&["--check"]).exits(1);
    run(&["--write"]).exits(0);
    assert_eq!(sandbox.read(".dockerignore"), ".hg\n");
    run(&["--check"]).exits(0);
    run(&["--write", "--safety", "unsafe"]).exits(0);
    assert_eq!(sandbox.read(".dockerignore"), ".hg\n.env\n");
    assert_eq!(sandbox.read("Dockerfile"), dockerfile);
}

#[test]
fn a_preset_runs_what_is_off_by_default() {
    let sandbox = Sandbox::new(&[
        ("Dockerfile", "FROM debian:12\nCOPY . /app\nUSER 1\n"),
        ("page.html", "x"),
        (".hg/store", "x"),
    ]);
    let check = |options: &[&str], code| {
        sandbox.dfopt(&[&["--check"], options].concat()).exits(code);
    };
    check(&[], 0);
    check(&["--preset", "size"], 1);
    check(&["--preset", "size", "--skip", "narrow-copy"], 0);
    check(&["--only", "narrow-copy"], 1);
    sandbox.put("dfopt.toml", "preset = \"security\"\n");
    check(&[], 1);
    sandbox.put(
        "dfopt.toml",
        "preset = \"all\"\n[transforms]\nnarrow-copy = false\n",
    );
    check(&[], 0);
    sandbox.put("dfopt.toml", "[transforms]\nnarrow-copy = true\n");
    check(&[], 1);
    sandbox.dfopt(&["--list"]).exits(0).says(
        "(off by default: other builds may share the context; --preset ci|size|security|all)",
    );
}

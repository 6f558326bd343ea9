//! Compose and bake files choose the build context, unless the user does.

use crate::sandbox::Sandbox;

const DOCKERFILE: &str =
    "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";

fn project(compose: &str) -> Sandbox {
    Sandbox::new(&[
        ("docker/Dockerfile", DOCKERFILE),
        ("requirements.txt", "flask==3.0\n"),
        ("compose.yaml", compose),
    ])
}

const FROM_THE_ROOT: &str =
    "services:\n  web:\n    build:\n      context: .\n      dockerfile: docker/Dockerfile\n";

#[test]
fn the_context_that_compose_names_is_used_and_announced() {
    let sandbox = project(FROM_THE_ROOT);
    sandbox
        .dfopt(&["docker/Dockerfile"])
        .exits(0)
        .says("build context ., as compose.yaml:2 says")
        .says("reorder-copies [safe]");
    sandbox
        .dfopt(&["--format", "json", "docker/Dockerfile"])
        .exits(0)
        .says(r#""context":{"folder":".","by":"compose.yaml","line":2}"#);
}

#[test]
fn the_user_decides_on_the_context() {
    let run = project(FROM_THE_ROOT).dfopt(&["--context", "docker", "docker/Dockerfile"]);
    assert!(!run.out.contains(", as compose.yaml"), "{run:#?}");
}

#[test]
fn other_dockerfiles_and_broken_files_change_nothing() {
    for compose in [
        "services:\n  web:\n    build: .\n",
        "services: [",
        "",
        "services:\n  web:\n    build: https://example.com/a.git\n",
    ] {
        let run = project(compose).dfopt(&["docker/Dockerfile"]).exits(0);
        assert!(
            !run.out.contains(", as compose.yaml"),
            "{compose}: {run:#?}"
        );
    }
}

#[test]
fn a_bake_file_one_level_up_is_found() {
    let sandbox = Sandbox::new(&[
        ("app/docker/Dockerfile", DOCKERFILE),
        ("app/requirements.txt", "flask==3.0\n"),
        (
            "docker-bake.hcl",
            "target \"web\" {\n  context = \"app\"\n  dockerfile = \"docker/Dockerfile\"\n}\n",
        ),
    ]);
    sandbox
        .dfopt(&["app/docker/Dockerfile"])
        .says("build context app, as docker-bake.hcl:1 says");
}

/// Programs and recordings that are called like a script are not read: one of 20 MB takes longer than everything else.
#[test]
fn files_that_nobody_wrote_say_nothing() {
    let build = "docker build -f docker/Dockerfile .\n";
    let says = "build context ., as build.sh:1 says";
    let with_script = |script: &str| {
        let files = [
            ("docker/Dockerfile", DOCKERFILE),
            ("requirements.txt", ""),
            ("build.sh", script),
        ];
        Sandbox::new(&files).dfopt(&["docker/Dockerfile"])
    };
    with_script(build).says(says);
    let run = with_script(&format!("{build}{}", "# data\n".repeat(200_000)));
    assert!(!run.out.contains(says), "{run:#?}");
}

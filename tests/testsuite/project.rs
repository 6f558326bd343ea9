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
fn a_folder_above_that_alone_has_what_is_copied_is_the_context() {
    let copies = "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY src src\n";
    let files = |dockerfile| {
        [
            ("docker/web/Dockerfile", dockerfile),
            ("package.json", "{}"),
            ("requirements.txt", ""),
            ("src/app.js", ""),
            (".git/HEAD", "ref: refs/heads/main\n"),
        ]
    };
    let run = Sandbox::new(&files(copies)).dfopt(&["docker/web/Dockerfile"]);
    run.says("build context ., as docker/web/Dockerfile:3 says");
    // A copy of everything says nothing.
    let run = Sandbox::new(&files(DOCKERFILE)).dfopt(&["docker/web/Dockerfile"]);
    assert!(!run.out.contains("build context ., as"), "{run:#?}");
    for other in [
        ("docker/web/package.json", "{}"),
        ("docker/web/server.js", ""),
        ("docker/web/.dockerignore", ""),
        ("docker/.git/HEAD", "ref: refs/heads/main\n"),
        ("compose.yaml", "services:\n  web:\n    build: docker/web\n"),
    ] {
        let sandbox = Sandbox::new(&[&files(copies)[..], &[other]].concat());
        let run = sandbox.dfopt(&["docker/web/Dockerfile"]);
        assert!(
            !run.out.contains("build context ., as"),
            "{other:?}: {run:#?}"
        );
    }
}

#[test]
fn a_copy_of_the_own_folder_by_its_name_is_from_a_folder_above() {
    let copies = "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nCOPY apps/api/package.json apps/api/\nRUN npm ci\nCOPY . .\n";
    let files = [
        ("apps/api/Dockerfile", copies),
        ("apps/api/package.json", "{}"),
        ("apps/api/server.js", ""),
        ("package.json", "{}"),
    ];
    let run = Sandbox::new(&files).dfopt(&["apps/api/Dockerfile"]);
    run.says("build context ., as apps/api/Dockerfile:3 says");
    for other in [
        // All of it is there, by chance.
        ("apps/api/apps/api/package.json", "{}"),
        ("apps/api/.git/HEAD", "ref: refs/heads/main\n"),
        ("compose.yaml", "services:\n  api:\n    build: apps/api\n"),
    ] {
        let sandbox = Sandbox::new(&[&files[..], &[other]].concat());
        let run = sandbox.dfopt(&["apps/api/Dockerfile"]);
        let is_above = run.out.contains("build context ., as");
        assert!(!is_above, "{other:?}: {run:#?}");
    }
    // A program that is called like its folder may be made there, unless it is written as a folder, or not alone missing.
    for (copies, is_above) in [
        ("COPY api /srv/api\n", false),
        ("COPY api/ /srv/api\n", true),
        ("COPY api /srv/api\nCOPY web /srv/web\n", true),
    ] {
        let file = format!("FROM debian:12\n{copies}CMD [\"/srv/api\"]\n");
        let files = [
            ("api/Dockerfile", file.as_str()),
            ("api/main.go", ""),
            ("web/index.html", ""),
        ];
        let run = Sandbox::new(&files).dfopt(&["api/Dockerfile"]);
        assert_eq!(
            run.out.contains("build context ., as"),
            is_above,
            "{run:#?}"
        );
    }
    // What is copied besides is not there.
    let missing = "FROM node:20\nWORKDIR /app\nCOPY apps/api/package.json apps/web ./\n";
    let sandbox = Sandbox::new(&[&files[1..], &[("apps/api/Dockerfile", missing)]].concat());
    let run = sandbox.dfopt(&["apps/api/Dockerfile"]);
    assert!(!run.out.contains("build context ., as"), "{run:#?}");
}

#[test]
fn the_root_of_the_file_system_is_no_context() {
    let sandbox = Sandbox::new(&[(
        "Dockerfile",
        "FROM debian:12\nCOPY . /app\nCOPY bin /app/bin\n",
    )]);
    let run = sandbox.dfopt(&["--only", "narrow-copy", "Dockerfile"]);
    assert!(!run.out.contains("build context"), "{run:#?}");
}

#[test]
fn a_folder_with_nothing_but_dockerfiles_is_no_context() {
    let alone = [
        ("web.Dockerfile", DOCKERFILE),
        ("api/Dockerfile", ""),
        ("LICENSE", ""),
        ("README.md", ""),
        (".github/dependabot.yml", ""),
    ];
    // The folder of the other one is a part of a project.
    let run = Sandbox::new(&alone).dfopt(&["web.Dockerfile"]);
    run.says("reorder-copies/manifest-missing [refused]");
    let alone: Vec<_> = alone
        .into_iter()
        .filter(|(name, _)| !name.contains("api/"))
        .collect();
    let run = Sandbox::new(&alone).dfopt(&["web.Dockerfile"]);
    run.says("reorder-copies [assumed]");
    for other in [
        (".dockerignore", ""),
        ("start.sh", ""),
        ("compose.yaml", "services:\n"),
    ] {
        let files = [&alone[..], &[other]].concat();
        let run = Sandbox::new(&files).dfopt(&["web.Dockerfile"]);
        run.says("reorder-copies/manifest-missing [refused]");
    }
    // It copies nothing of the context: what is there, or not, is no sign of another one.
    let run = Sandbox::new(&[(
        "Dockerfile",
        "FROM golang:1.22\nCMD [\"go\", \"run\", \".\"]\n",
    )]);
    run.dfopt(&["-v", "Dockerfile"])
        .says("build-ahead/no-source [refused]");
}

/// `go build` looks into the repository, which git refuses when it belongs to another user; `go run` does not.
#[test]
fn a_program_is_not_built_in_a_repository_of_another_user() {
    let starts = |copy: &str| {
        let dockerfile =
            format!("FROM golang:1.22\nWORKDIR /shop\n{copy}\nCMD [\"go\", \"run\", \".\"]\n");
        let files = [
            ("Dockerfile", dockerfile.as_str()),
            ("go.mod", "module example.org/shop\n\ngo 1.22\n"),
            ("main.go", "package main\n\nfunc main() {}\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
        ];
        Sandbox::new(&files).dfopt(&["-v", "--only", "build-ahead", "Dockerfile"])
    };
    starts("COPY --chown=1000:1000 . .").says("build-ahead/other-user [refused]");
    starts("COPY . .").says("build-ahead [assumed]");
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

const WITH_TESTS: &str = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nCMD [\"node\", \"dist/a.js\"]\n";

/// An application whose tests need what only its development depends on.
fn with_tests(dockerfile: &str, others: &[(&str, &str)]) -> Sandbox {
    let manifest = r#"{"name":"a","scripts":{"build":"tsc","test":"jest"},"dependencies":{"ms":"2"},"devDependencies":{"jest":"29","typescript":"5"}}"#;
    let mut files = vec![
        (dockerfile, WITH_TESTS),
        ("package.json", manifest),
        (
            "package-lock.json",
            r#"{"name":"a","lockfileVersion":3,"packages":{}}"#,
        ),
        ("tsconfig.json", r#"{"compilerOptions":{"outDir":"dist"}}"#),
        ("src/a.ts", "import ms from 'ms';\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
    ];
    files.extend(others);
    Sandbox::new(&files)
}

fn is_pruned(dockerfile: &str, others: &[(&str, &str)]) -> bool {
    let run = with_tests(dockerfile, others).dfopt(&["--diff", dockerfile]);
    assert!(run.out.contains("AS builder"), "{others:?}: {run:#?}");
    run.out.contains("--omit=dev")
}

/// Builders take `dockerfile` where there is no `Dockerfile` and nobody says which.
#[test]
fn a_dockerfile_in_small_letters_is_found_like_another() {
    let tests = [(
        "Makefile",
        "test:\n\tdocker build -t a .\n\tdocker run a npm test\n",
    )];
    assert!(is_pruned("dockerfile", &[]));
    assert!(!is_pruned("dockerfile", &tests));
    let beside = [tests[0], ("Dockerfile", "FROM scratch\n")];
    assert!(is_pruned("dockerfile", &beside));
}

#[test]
fn an_image_is_known_by_its_name_in_all_files() {
    let built = ("build.sh", "docker build -t me/a:1 .\n");
    let action = "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          tags: |\n            me/a:1\n";
    for others in [
        vec![built, ("test.sh", "docker run --rm me/a:1 npm test\n")],
        vec![built, ("test.sh", "docker run --rm me/a npm test\n")],
        vec![
            built,
            ("up.sh", "docker run -d --name site me/a:1\n"),
            ("README.md", "Try `docker exec site npm test`.\n"),
        ],
        vec![
            (".github/workflows/a.yml", action),
            (
                "compose.yaml",
                "services:\n  a:\n    image: me/a:1\n    command: npm test\n",
            ),
        ],
        vec![
            (
                "compose.yaml",
                "services:\n  a:\n    build: .\n    image: me/a:1\n",
            ),
            ("test.sh", "docker run --rm me/a:1 npm test\n"),
        ],
        vec![
            (
                "compose.yaml",
                "services:\n  web:\n    build: .\n    container_name: site\n",
            ),
            (
                "Makefile",
                "EXEC = docker exec -it site\ntest:\n\t$(EXEC) npm test\n",
            ),
        ],
    ] {
        assert!(!is_pruned("Dockerfile", &others), "{others:?}");
    }
    for (file, text) in [
        (
            "fly.toml",
            "[deploy]\nrelease_command = \"npx jest --ci\"\n",
        ),
        (
            "fly.toml",
            "[processes]\napp = \"node dist/a.js\"\ntest = \"npm test\"\n",
        ),
        ("heroku.yml", "run:\n  web: npm test\n"),
        ("heroku.yml", "release:\n  command:\n    - npm test\n"),
        (
            "railway.json",
            "{\"deploy\": {\"preDeployCommand\": [\"npm test\"]}}",
        ),
    ] {
        assert!(!is_pruned("Dockerfile", &[(file, text)]), "{text}");
    }
    let other = [built, ("test.sh", "docker run --rm me/b npm test\n")];
    assert!(is_pruned("Dockerfile", &other));
}

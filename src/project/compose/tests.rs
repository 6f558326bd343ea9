use std::fs;
use std::path::{Path, PathBuf};

use super::services;
use crate::project::{Mount, Target, Use};

/// The uses in a folder with these files.
fn found(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Use>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut names = Vec::new();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
        names.push((*name).to_owned());
    }
    let services = services(folder.path(), &names).into_iter();
    let uses = services
        .filter(|service| service.is_built)
        .map(|service| service.used);
    let uses = uses.collect();
    (folder, uses)
}

fn below(folder: &tempfile::TempDir, path: &str) -> PathBuf {
    folder.path().join(path)
}

fn stage(name: &str, is_open: bool) -> Option<Target> {
    let stage = Some(name.to_owned());
    Some(Target { stage, is_open })
}

const FILE: &str = r#"
services:
  web:
    build:
      context: src
      dockerfile: ${FILE:-docker/Dockerfile}
      target: prod
    user: 1000:1000
    command: sh -c "npm run dev && echo $$HOME"
    volumes:
      - .:/app
      - /app/node_modules
      - data:/data
      - ./conf:/etc/app:ro
  db:
    image: postgres
"#;

#[test]
fn a_service_says_what_it_builds_and_starts() {
    let (folder, uses) = found(&[("compose.yaml", FILE)]);
    let [web] = uses.as_slice() else {
        panic!("one service builds: {uses:?}")
    };
    let dockerfile = below(&folder, "src/docker/Dockerfile");
    assert_eq!(web.dockerfile.path(), Some(dockerfile.as_path()));
    assert_eq!((web.line, web.stage()), (Some(3), Some("prod")));
    let container = web.container.as_ref().expect("a container");
    assert_eq!(container.user.as_deref(), Some("1000:1000"));
    let command = ["sh", "-c", "npm run dev && echo $HOME"].map(str::to_owned);
    assert_eq!(container.command.as_deref(), Some(&command[..]));
    let mounts = container.mounts.iter();
    let hosts: Vec<_> = mounts.map(|mount| mount.host.clone()).collect();
    assert_eq!(hosts[..3], [Some(folder.path().to_owned()), None, None]);
    assert!(container.mounts[3].read_only);
}

#[test]
fn another_file_overrides() {
    let over = "services:\n  web:\n    command: [run]\n    privileged: true\n";
    let (_folder, uses) = found(&[("compose.yaml", FILE), ("compose.override.yaml", over)]);
    let container = uses[0].container.as_ref().expect("a container");
    assert!(container.privileged);
    assert_eq!(container.command.as_deref(), Some(&["run".to_owned()][..]));
    assert_eq!(container.mounts.len(), 4);
}

#[test]
fn files_for_other_places_count_alone_and_over_the_first() {
    let over =
        "services:\n  web:\n    build:\n      target: dev\n  job:\n    build: {context: other}\n";
    let (folder, uses) = found(&[("compose.yaml", FILE), ("compose.dev.yaml", over)]);
    let is = |used: &Use, target: &str| used.name == "web" && used.stage() == Some(target);
    assert!(uses.iter().any(|used| is(used, "prod")));
    let laid_over = uses
        .iter()
        .find(|used| is(used, "dev") && used.container.as_ref().is_some_and(|c| c.user.is_some()));
    let path = below(&folder, "src/docker/Dockerfile");
    assert_eq!(
        laid_over.and_then(|used| used.dockerfile.path()),
        Some(path.as_path())
    );
    assert!(uses.iter().any(|used| used.name == "job"));
}

#[test]
fn a_service_extends_another_in_this_file_or_in_one_elsewhere() {
    let file = "services:\n  one:\n    extends: {file: common/base.yaml, service: base}\n    user: root\n  \
                two:\n    extends: one\n    build: {target: dev}\n";
    let base = "services:\n  base:\n    build: {context: app, target: prod}\n    volumes: [./data:/data]\n";
    let (folder, uses) = found(&[("compose.yaml", file), ("common/base.yaml", base)]);
    let uses: Vec<_> = uses
        .iter()
        .filter(|used| used.file.ends_with("compose.yaml"))
        .collect();
    let dockerfile = below(&folder, "common/app/Dockerfile");
    for (used, target) in uses.iter().zip(["prod", "dev"]) {
        assert_eq!(used.dockerfile.path(), Some(dockerfile.as_path()));
        assert_eq!(used.target, stage(target, false));
        let container = used.container.as_ref().expect("a container");
        assert_eq!(container.user.as_deref(), Some("root"));
        assert_eq!(
            container.mounts[0].host,
            Some(below(&folder, "common/data"))
        );
    }
    assert_eq!(uses.len(), 2);
}

#[test]
fn included_files_have_their_own_folder_and_variables() {
    let file = "include:\n  - sub/compose.yaml\n  - path: [other/a.yaml]\n    project_directory: .\nservices: {}\n";
    let sub = "services:\n  sub:\n    build: {context: ., target: $STAGE}\n";
    let other = "services:\n  other:\n    build: x\n";
    let (folder, uses) = found(&[
        ("compose.yaml", file),
        ("sub/.env", "STAGE=prod\n"),
        ("sub/compose.yaml", sub),
        ("other/a.yaml", other),
    ]);
    let find = |name: &str| uses.iter().find(|used| used.name == name).expect("a use");
    assert_eq!(
        find("sub").context.as_deref(),
        Some(below(&folder, "sub").as_path())
    );
    assert_eq!(find("sub").target, stage("prod", true));
    assert_eq!(
        find("other").context.as_deref(),
        Some(below(&folder, "x").as_path())
    );
}

#[test]
fn a_variable_that_nobody_sets_leaves_everything_possible() {
    let file = "services:\n  web:\n    build:\n      context: $WHERE/app\n      target: ${STAGE:?set it}\n";
    let (_folder, uses) = found(&[("compose.yaml", file)]);
    let used = uses[0].of(Path::new("/any/app/Dockerfile"));
    let used = used.expect("it may be that file");
    assert!(!used.is_certain);
    assert!(used.may_be_any_stage());
    assert_eq!(uses[0].of(Path::new("/any/web/Dockerfile")), None);
}

#[test]
fn named_contexts_are_told() {
    let file = "services:\n  web:\n    build:\n      context: .\n      additional_contexts: [base=../base, 'x=service:y']\n";
    let (_folder, uses) = found(&[("compose.yaml", file)]);
    assert_eq!(uses[0].named_contexts, ["base", "x"]);
}

#[test]
fn files_that_mean_nothing_are_passed_over() {
    for text in [
        "",
        "services: [a]",
        "services: {a: b}",
        "services: {a: {build: [x]}}",
        "services: {a: {extends: a}}",
        "include: [compose.yaml]",
        "- a",
        "services: {a: {build: {context: {x: y}}, volumes: x}}",
    ] {
        let (_folder, uses) = found(&[("compose.yaml", text)]);
        assert!(uses.len() <= 1, "{text}: {uses:?}");
    }
}

#[test]
fn mounts_of_a_host_are_told_from_volumes() {
    for mount in ["C:\\data:/data", "c:data:/data:rw", "<your folder>:/data"] {
        let mount = Mount::short(Path::new("/p"), mount);
        assert!(mount.host.is_some(), "{mount:?}");
        assert_eq!(mount.target, "/data");
    }
    let mount = Mount::short(Path::new("/p"), "d:/data:ro");
    assert_eq!((mount.host, mount.read_only), (None, true));
}

//! Which files are found, and how they are written.

use std::fs;
use std::path::Path;

use crate::sandbox::{APT, BROKEN, Sandbox};

#[test]
fn dockerfiles_are_found_in_a_fixed_order() {
    let names = [
        "Dockerfile",
        "Dockerfile.dev",
        "x.Dockerfile",
        "sub/Containerfile",
        ".devcontainer/Dockerfile",
    ];
    let others = [
        "Dockerfile.dockerignore",
        "README",
        "vendor/Dockerfile",
        ".git/Dockerfile",
        "MyDockerfile",
    ];
    let sandbox = Sandbox::new(&[(".gitignore", "vendor/\n")]);
    for name in names.iter().chain(&others) {
        sandbox.put(name, APT);
    }
    let run = sandbox
        .dfopt(&["--diff", "--only", "merge-apt", ".", "Dockerfile"])
        .exits(0);
    let found: Vec<&str> = run
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("+++ b/"))
        .collect();
    let expected = [
        ".devcontainer/Dockerfile",
        "Dockerfile",
        "Dockerfile.dev",
        "sub/Containerfile",
        "x.Dockerfile",
    ];
    assert_eq!(found, expected);
    sandbox
        .dfopt(&[
            "--check",
            "--only",
            "merge-apt",
            "MyDockerfile",
            "vendor/Dockerfile",
        ])
        .exits(1);
}

#[test]
fn a_folder_without_a_dockerfile_is_a_warning() {
    Sandbox::new(&[])
        .dfopt(&[])
        .exits(0)
        .warns("warning: there is no Dockerfile in .");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let sandbox = Sandbox::new(&[("a/Dockerfile", BROKEN), ("z/Dockerfile", APT)]);
    sandbox.put("b/Dockerfile", b"FROM a\n# caf\xE9\n");
    let run = sandbox
        .dfopt(&["--write", "--only", "merge-apt", "nosuch", "."])
        .exits(2);
    let run = run
        .warns("nosuch: ")
        .warns("b/Dockerfile: is not UTF-8: byte 0xE9 at line 2, column 6");
    run.warns("a/Dockerfile:3:1: ")
        .warns(" 3 | COPPY . /app")
        .warns("   | ^^^^^")
        .warns("= help");
    assert_ne!(sandbox.read("z/Dockerfile"), APT);
    assert_eq!(sandbox.read("a/Dockerfile"), BROKEN);
    assert_eq!(
        fs::read(sandbox.path("b/Dockerfile")).unwrap(),
        b"FROM a\n# caf\xE9\n"
    );
}

#[test]
fn a_file_without_from_is_an_error() {
    let sandbox = Sandbox::new(&[
        ("Dockerfile", "RUN true\n"),
        ("Dockerfile.empty", "# nothing\n"),
    ]);
    sandbox
        .dfopt(&["Dockerfile"])
        .exits(2)
        .warns("Dockerfile:1:")
        .warns("`FROM`");
    sandbox
        .dfopt(&["Dockerfile.empty"])
        .exits(2)
        .warns("error: Dockerfile.empty");
}

#[test]
fn a_template_is_one_error() {
    let sandbox = Sandbox::new(&[(
        "Dockerfile.j2",
        "{% if a %}\nFROM {{ base }}\n{% endif %}\n",
    )]);
    let run = sandbox.dfopt(&[]).exits(2).warns("looks like a template");
    assert_eq!(run.err.matches("error:").count(), 1, "{run:#?}");
}

#[test]
fn a_read_only_file_is_left_alone() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let path = sandbox.path("Dockerfile");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    sandbox
        .dfopt(&["--write", "--only", "merge-apt"])
        .exits(2)
        .warns("is read-only; left as it is");
    assert_eq!(sandbox.files(), [("Dockerfile".to_owned(), APT.to_owned())]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_modes_kept() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new(&[("real/file", APT)]);
    fs::set_permissions(sandbox.path("real/file"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/file", sandbox.path("Dockerfile")).unwrap();
    let diff = sandbox
        .dfopt(&["--diff", "--only", "merge-apt", "Dockerfile"])
        .exits(0);
    diff.says("+++ b/real/file\n");
    sandbox
        .dfopt(&["--write", "--only", "merge-apt", "Dockerfile"])
        .exits(0);
    assert_eq!(
        fs::read_link(sandbox.path("Dockerfile")).unwrap(),
        Path::new("real/file")
    );
    assert_ne!(sandbox.read("real/file"), APT);
    let mode = fs::metadata(sandbox.path("real/file"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_copy_is_kept_and_never_taken_for_a_dockerfile() {
    let sandbox = Sandbox::new(&[("Dockerfile", APT)]);
    let args = ["--write", "--backup", "--only", "merge-apt"];
    sandbox.dfopt(&args).exits(0);
    assert_eq!(sandbox.read("Dockerfile.orig"), APT);
    assert_ne!(sandbox.read("Dockerfile"), APT);
    sandbox.dfopt(&args).exits(0);
    assert_eq!(sandbox.files().len(), 2, "nothing changes, nothing is kept");
    sandbox.put("Dockerfile", APT.replace("curl", "git"));
    let run = sandbox.dfopt(&args).exits(2);
    run.warns("its backup Dockerfile.orig exists already");
    assert!(sandbox.read("Dockerfile").contains("RUN apt-get update\n"));
    sandbox
        .dfopt(&["--write", "--backup=~", "--only", "merge-apt"])
        .exits(0);
    assert!(sandbox.read("Dockerfile~").contains("git"));
    sandbox.dfopt(&["--write", "--backup=a/b"]).exits(2);
    sandbox.dfopt(&["--backup"]).exits(2).warns("--write");
}

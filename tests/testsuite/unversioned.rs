//! What a build context has that no repository can keep for a case: modes of files, and the history itself.

use std::fs;

use crate::sandbox::Sandbox;

fn refusals(sandbox: &Sandbox) -> String {
    let run = sandbox.dfopt(&["-v", "--only", "nonroot-user"]).exits(0);
    run.out + &run.err
}

#[cfg(unix)]
#[test]
fn a_file_that_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dockerfile = "FROM python:3.12-slim\nWORKDIR /app\nCOPY app.py .\nCOPY certs /etc/app/certs\nCMD [\"python\", \"app.py\"]\n";
    let sandbox = Sandbox::new(&[
        ("Dockerfile", dockerfile),
        ("app.py", "print(open('/etc/app/certs/key.pem').read())\n"),
        ("certs/key.pem", "not a key\n"),
    ]);
    assert!(!refusals(&sandbox).contains("mode-for-root"));
    let key = sandbox.path("certs/key.pem");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).expect("a mode");
    let said = refusals(&sandbox);
    assert!(
        said.contains("mode-for-root") && said.contains("certs/key.pem"),
        "{said}"
    );
}

/// Git refuses to read, as root, what `COPY --chown` has given to another account: `go build` fails then.
#[test]
fn a_history_that_the_build_reads() {
    let dockerfile = |step: &str| {
        format!(
            "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {step}\nCMD [\"python\", \"app.py\"]\n"
        )
    };
    let files = |step: &str, history: &[(&str, &str)]| {
        let dockerfile = dockerfile(step);
        let mut files = vec![
            ("Dockerfile", dockerfile.as_str()),
            ("app.py", "print(1)\n"),
        ];
        files.extend(history);
        refusals(&Sandbox::new(&files))
    };
    let history = [(".git/HEAD", "ref: refs/heads/main\n")];
    let describes = "git describe --always > version";
    assert!(files(describes, &history).contains("owner-bound"));
    assert!(files("python version.py", &history).contains("owner-bound"));
    let substituted = "echo \"$(git describe --always)\" > version";
    assert!(files(substituted, &history).contains("owner-bound"));
    let document = "<<END\nset -e\nsha=$(git describe --always)\necho $sha > version\nEND";
    assert!(files(document, &history).contains("owner-bound"));
    assert!(files("python <<END\nimport version\nEND", &history).contains("owner-bound"));
    assert!(!files("python version.py", &[]).contains("owner-bound"));
    assert!(!files("mkdir data", &history).contains("owner-bound"));
    let trusted = format!("git config --system --add safe.directory /app && {describes}");
    assert!(!files(&trusted, &history).contains("owner-bound"));
    let hidden = [history[0], (".dockerignore", ".git\n")];
    assert!(!files("python version.py", &hidden).contains("owner-bound"));
}

//! Which files a run takes, and that nothing depends on how many work on them.

use std::process::Command;

use crate::sandbox::{APT, BROKEN, CLEAN, Sandbox};

/// The files that a run has a diff for.
fn taken(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["--diff", "--only", "merge-apt"], args].concat();
    names(&sandbox.dfopt(&args).exits(0).out)
}

fn names(diff: &str) -> Vec<String> {
    let heads = diff.lines().filter_map(|line| line.strip_prefix("+++ b/"));
    heads.map(str::to_owned).collect()
}

#[test]
fn patterns_leave_files_out() {
    let sandbox = Sandbox::new(&[
        ("Dockerfile", APT),
        ("a/Dockerfile", APT),
        ("a/old/Dockerfile", APT),
        ("b/Dockerfile.dev", APT),
    ]);
    let all = taken(&sandbox, &[]);
    assert_eq!(all.len(), 4);
    let exclude = ["--exclude", "old/", "--exclude", "*.dev"];
    assert_eq!(taken(&sandbox, &exclude), ["Dockerfile", "a/Dockerfile"]);
    let named = ["--exclude", "/a", "a/old/Dockerfile", "Dockerfile", "a"];
    assert_eq!(taken(&sandbox, &named), ["Dockerfile"]);
    let malformed = sandbox.dfopt(&["--exclude", "[z-a]", "."]);
    malformed.exits(2).warns("--exclude [z-a]");
}

#[test]
fn a_list_names_files_and_folders() {
    let sandbox = Sandbox::new(&[("a b/x", APT), ("c/Dockerfile", APT), ("d/Dockerfile", APT)]);
    let args = ["--diff", "--only", "merge-apt", "--files-from", "-"];
    let of = |input: &str| names(&sandbox.pipe(&args, input).exits(0).out);
    assert_eq!(of("a b/x\nc\n"), ["a b/x\t", "c/Dockerfile"]);
    assert_eq!(of("c/Dockerfile\0a b/x\0"), ["c/Dockerfile", "a b/x\t"]);
    assert!(of("").is_empty(), "an empty list is not the current folder");
    sandbox.put("list", "d/Dockerfile\r\n");
    assert_eq!(taken(&sandbox, &["--files-from", "list"]), ["d/Dockerfile"]);
    let both = sandbox.pipe(&["--files-from", "-", "-"], "");
    both.exits(2).warns("give `-` once");
    let missing = sandbox.dfopt(&["--files-from", "nosuch"]);
    missing.exits(2).warns("--files-from nosuch cannot be read");
}

#[test]
fn only_what_changed_since_a_revision() {
    let sandbox = Sandbox::new(&[
        ("same/Dockerfile", APT),
        ("edited/Dockerfile", CLEAN),
        ("ignoring/Dockerfile", APT),
        ("main/Dockerfile", CLEAN),
    ]);
    let git = |args: &[&str]| {
        let known = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let run = sandbox.command("git", &[&known, args].concat()).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{args:?}: {run:?}");
    };
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("SKIPPED: git is not installed");
        return;
    }
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=1"]);
    git(&["checkout", "--quiet", "-b", "work"]);
    sandbox.put("edited/Dockerfile", APT);
    git(&["commit", "--quiet", "--all", "--message=2"]);
    sandbox.put("new/Dockerfile", APT);
    sandbox.put("ignoring/.dockerignore", "x\n");
    sandbox.put("hidden/Dockerfile", APT);
    sandbox.put(".gitignore", "/hidden\n");
    // What happens on the other branch in the meantime is not our change.
    git(&["checkout", "--quiet", "main"]);
    sandbox.put("main/Dockerfile", APT);
    git(&["commit", "--quiet", "--message=3", "main"]);
    git(&["checkout", "--quiet", "work"]);
    let expected = ["edited/Dockerfile", "ignoring/Dockerfile", "new/Dockerfile"];
    assert_eq!(taken(&sandbox, &["--since", "main"]), expected);
    assert_eq!(taken(&sandbox, &["--since", "HEAD"]), expected[1..]);
    let unknown = sandbox.dfopt(&["--since", "nosuch"]);
    unknown.exits(2).warns("has no revision `nosuch`");
    let outside = Sandbox::new(&[("Dockerfile", APT)]);
    let outside = outside.dfopt(&["--since", "HEAD"]);
    outside.exits(2).warns("is in no Git work tree");
}

#[test]
fn a_run_says_the_same_however_many_work_on_it() {
    let sandbox = Sandbox::node();
    for nth in 0..60 {
        sandbox.put(&format!("{}/apt{nth}/Dockerfile", nth % 7), APT);
        sandbox.put(&format!("{}/clean{nth}/Dockerfile", nth % 5), CLEAN);
    }
    sandbox.put("3/broken/Dockerfile", BROKEN);
    let twin = sandbox.read("Dockerfile");
    sandbox.put("Dockerfile.dev", twin);
    let modes: [&[&str]; 4] = [&[], &["--diff"], &["--format", "json"], &["-q"]];
    for mode in modes {
        let run = |jobs| sandbox.dfopt(&[mode, &["--jobs", jobs]].concat()).exits(2);
        let (one, many) = (run("1"), run("8"));
        assert_eq!((&one.out, &one.err), (&many.out, &many.err), "{mode:?}");
        assert!(one.out.contains("apt59"), "{mode:?}");
    }
}

#[test]
fn dockerfiles_that_share_a_context_share_its_ignore_file() {
    let sandbox = Sandbox::node();
    let twin = sandbox.read("Dockerfile");
    for nth in 0..20 {
        sandbox.put(&format!("Dockerfile.{nth}"), &twin);
    }
    let plan = sandbox.dfopt(&["--jobs", "8"]).exits(0).out;
    let written = sandbox.dfopt(&["--jobs", "8", "--write"]).exits(0);
    assert_eq!(
        written.out, plan,
        "what is said does not depend on the order of writing"
    );
    assert_eq!(sandbox.read(".dockerignore"), "node_modules\n");
    sandbox.dfopt(&["--check"]).exits(0);
}

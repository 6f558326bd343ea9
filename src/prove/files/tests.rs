//! What is explained, and what is not.

use super::super::tree::fingerprint;
use super::super::tree::tests::{Entry, tree};
use super::*;
use crate::transform::Change;

fn stages() -> Change {
    Change::Stages {
        builder: "golang".to_owned(),
        runtime: "debian".to_owned(),
    }
}

type Files = [(&'static str, Entry)];

/// `what path` of every difference that nothing explains.
fn unexplained(before: &Files, after: &Files, evidence: &Evidence<'_>) -> Vec<String> {
    let groups = differences(&tree(before), &tree(after), evidence);
    let groups = groups.into_iter().filter(|group| group.cause.is_none());
    groups
        .flat_map(|group| {
            let what = group.what;
            group
                .listed
                .into_iter()
                .map(move |path| format!("{what:?} {path}"))
        })
        .collect()
}

fn evidence(declared: &Declared) -> Evidence<'_> {
    Evidence {
        declared,
        knowledge: Knowledge::builtin(),
        context: None,
        base: None,
        old_base: None,
        account: None,
        rewritten: &[],
        control: None,
    }
}

#[test]
fn what_nobody_has_declared_is_found() {
    let before = [
        ("app/a", Entry::Text("1")),
        ("app/b", Entry::Text("1")),
        ("var/log/dpkg.log", Entry::Text("1")),
    ];
    let after = [
        ("app/a", Entry::Program("2")),
        ("app/c/d", Entry::Text("1")),
        ("var/log", Entry::Folder),
    ];
    assert_eq!(
        unexplained(&before, &after, &evidence(&Declared::default())),
        ["Gone app/b", "New app/c", "Content app/a", "Mode app/a"]
    );
    assert!(unexplained(&before, &before, &evidence(&Declared::default())).is_empty());
}

#[test]
fn another_base_brings_its_own_files_and_nothing_else() {
    let declared = Declared::new("split-stages", &[stages()]);
    let base = tree(&[
        ("bin/sh", Entry::Program("slim")),
        ("lib/x", Entry::Text("x")),
    ]);
    let before = [
        ("bin/sh", Entry::Program("full")),
        ("usr/gcc", Entry::Program("gcc")),
        ("app/a", Entry::Text("1")),
    ];
    let after = [
        ("bin/sh", Entry::Program("slim")),
        ("lib/x", Entry::Text("x")),
        ("app/a", Entry::Text("2")),
    ];
    let evidence = Evidence {
        base: Some(&base),
        ..evidence(&declared)
    };
    assert_eq!(unexplained(&before, &after, &evidence), ["Content app/a"]);
}

#[test]
fn a_base_that_is_left_takes_its_files_along_and_no_others() {
    let from = "/usr/local/lib/python3.11/dist-packages".to_owned();
    let to = "/usr/local/lib/python3.11/site-packages".to_owned();
    let base = Change::Base {
        from: "debian".to_owned(),
        to: "python".to_owned(),
    };
    let declared = Declared::new("pick-base", &[base, Change::Moved { from, to }]);
    let old_base = tree(&[
        ("usr/gcc", Entry::Program("gcc")),
        ("etc/x", Entry::Text("x")),
    ]);
    let before = [
        ("usr/gcc", Entry::Program("gcc")),
        ("etc/x", Entry::Text("changed")),
        (
            "usr/local/lib/python3.11/dist-packages/a.py",
            Entry::Text("1"),
        ),
        (
            "usr/local/lib/python3.11/dist-packages/b.py",
            Entry::Text("1"),
        ),
        ("app/a", Entry::Text("1")),
    ];
    let after = [
        (
            "usr/local/lib/python3.11/site-packages/a.py",
            Entry::Text("1"),
        ),
        ("usr/local/lib/python3.11/dist-packages", Entry::Folder),
        ("etc", Entry::Folder),
        ("app", Entry::Folder),
    ];
    let evidence = Evidence {
        old_base: Some(&old_base),
        ..evidence(&declared)
    };
    assert_eq!(
        unexplained(&before, &after, &evidence),
        [
            "Gone app/a",
            "Gone etc/x",
            "Gone usr/local/lib/python3.11/dist-packages/b.py"
        ]
    );
}

#[test]
fn another_user_has_its_account_and_what_belongs_to_it() {
    let declared = Declared::new("nonroot-user", &[Change::User("app".to_owned())]);
    let before = [
        ("etc/passwd", Entry::Text("root:x:0:0::/root:\n")),
        ("app/a", Entry::Owned("a", 0)),
        ("app/b", Entry::Owned("b", 0)),
    ];
    let after = [
        (
            "etc/passwd",
            Entry::Text("root:x:0:0::/root:\napp:x:10001:10001::/home/app:\n"),
        ),
        ("home/app/.profile", Entry::Text("")),
        ("app/a", Entry::Owned("a", 10001)),
        ("app/b", Entry::Owned("b", 33)),
    ];
    let account = Account::find(&tree(&after), "app").expect("an account");
    let evidence = Evidence {
        account: Some(&account),
        ..evidence(&declared)
    };
    assert_eq!(
        unexplained(&before, &after, &evidence),
        ["New home", "Owner app/b"]
    );
}

#[test]
fn packages_that_are_left_out_take_their_files_with_them() {
    let declared = Declared::new("merge-apt", &[Change::PackagesAdded(Vec::new())]);
    let before = [
        (
            "var/lib/dpkg/info/man.list",
            Entry::Text("/.\n/lib\n/lib/man\n/lib/man/db\n"),
        ),
        ("usr/lib/man/db", Entry::Text("db")),
        ("usr/lib/own", Entry::Text("own")),
        (
            "var/lib/dpkg/info/man.postinst",
            Entry::Text("[ -e /etc/manuals ] || echo none >/etc/manuals\n"),
        ),
        ("etc/manuals", Entry::Text("none")),
        ("etc/man", Entry::Text("own")),
        ("usr/lib/man/made", Entry::Text("made")),
        ("etc/rc2.d/S01man", Entry::Link("../../usr/lib/man/db")),
        ("etc/rc2.d/S02own", Entry::Link("../../usr/lib/own")),
    ];
    let after = [
        ("usr/lib", Entry::Folder),
        ("etc/rc2.d", Entry::Folder),
        ("var/lib/dpkg/info", Entry::Folder),
    ];
    assert_eq!(
        unexplained(&before, &after, &evidence(&declared)),
        ["Gone etc/man", "Gone etc/rc2.d/S02own", "Gone usr/lib/own"]
    );
    assert!(unexplained(&before, &after, &evidence(&Declared::default())).len() > 1);
}

#[test]
fn folders_go_with_what_comes_and_goes() {
    let check = "root/.cache/pip/selfcheck/fe30";
    let before = [(check, Entry::Text("1")), ("app/log/a", Entry::Text("a"))];
    let after = [("app", Entry::Folder), ("root", Entry::Folder)];
    assert_eq!(
        unexplained(&before, &after, &evidence(&Declared::default())),
        ["Gone app/log"]
    );
}

#[test]
fn what_is_different_with_every_build_shows_when_it_is_built_twice() {
    let before = [
        ("app/time", Entry::Text("1")),
        ("app/log/1", Entry::Text("x")),
        ("app/a", Entry::Text("1")),
    ];
    let after = [
        ("app/time", Entry::Text("2")),
        ("app/log/2", Entry::Text("x")),
        ("app/a", Entry::Text("2")),
    ];
    let control = tree(&[
        ("app/time", Entry::Text("3")),
        ("app/log/3", Entry::Text("x")),
        ("app/a", Entry::Text("1")),
    ]);
    let declared = Declared::default();
    let evidence = Evidence {
        control: Some(&control),
        ..evidence(&declared)
    };
    assert_eq!(unexplained(&before, &after, &evidence), ["Content app/a"]);
}

#[test]
fn a_folder_that_is_another_with_every_build_brings_what_is_in_it() {
    let objects = |mine: [&'static str; 2], log: &'static str| {
        [
            ("objects", Entry::Folder),
            ("objects/77", Entry::Folder),
            ("objects/77/kept", Entry::Text("k")),
            (mine[0], Entry::Folder),
            (mine[1], Entry::Text("commit")),
            ("log", Entry::Folder),
            (log, Entry::Text("l")),
        ]
    };
    let control = tree(&objects(["objects/aa", "objects/aa/3"], "log/3"));
    let before = objects(["objects/77", "objects/77/1"], "log/1");
    let after = objects(["objects/f4", "objects/f4/2"], "log/2");
    let declared = Declared::default();
    let evidence = Evidence {
        control: Some(&control),
        ..evidence(&declared)
    };
    assert!(unexplained(&before, &after, &evidence).is_empty());
    let mut more = Vec::from(objects(["objects/f4", "objects/f4/2"], "log/2"));
    more.push(("log/new/file", Entry::Text("x")));
    assert_eq!(unexplained(&before, &more, &evidence), ["New log/new/file"]);
}

#[test]
fn the_dockerfile_in_the_image_may_be_the_new_one() {
    let rewritten = [
        (Some(fingerprint(b"old")), fingerprint(b"new")),
        (None, fingerprint(b".git")),
    ];
    let before = [("app/Dockerfile", Entry::Text("old"))];
    let after = [
        ("app/Dockerfile", Entry::Text("new")),
        ("app/.dockerignore", Entry::Text(".git")),
    ];
    let declared = Declared::default();
    let evidence = Evidence {
        rewritten: &rewritten,
        ..evidence(&declared)
    };
    assert!(unexplained(&before, &after, &evidence).is_empty());
    let spoiled = [("app/Dockerfile", Entry::Text("other"))];
    assert_eq!(
        unexplained(&before, &spoiled, &evidence),
        ["Content app/Dockerfile"]
    );
}

/// An image in which two packages have made an account each, with these numbers.
fn with_packages(
    messagebus: u64,
    ssh: u64,
    passwd: &'static str,
    group: &'static str,
) -> [(&'static str, Entry); 7] {
    [
        ("etc/passwd", Entry::Text(passwd)),
        ("etc/group", Entry::Text(group)),
        (
            "var/lib/dpkg/info/dbus.postinst",
            Entry::Text("USER=messagebus\nadduser --system \"$USER\"\n"),
        ),
        (
            "var/lib/dpkg/info/openssh-client.postinst",
            Entry::Text("addgroup --system _ssh\n"),
        ),
        (
            "var/lib/dpkg/info/other.postinst",
            Entry::Text("echo app\n"),
        ),
        ("usr/lib/launch-helper", Entry::Owned("x", messagebus)),
        ("usr/bin/ssh-agent", Entry::Owned("x", ssh)),
    ]
}

#[test]
fn accounts_of_packages_are_compared_by_name() {
    let before = with_packages(
        101,
        102,
        "root:x:0:0\nmessagebus:x:101:101\n_ssh:x:102:102\n",
        "root:x:0:\nmessagebus:x:101:\n_ssh:x:102:app,www\n",
    );
    let after = with_packages(
        102,
        101,
        "root:x:0:0\n_ssh:x:101:101\nmessagebus:x:102:102\n",
        "root:x:0:\n_ssh:x:101:www,app\nmessagebus:x:102:\n",
    );
    let none = Declared::default();
    assert!(unexplained(&before, &after, &evidence(&none)).is_empty());
    let groups = differences(&tree(&before), &tree(&after), &evidence(&none));
    assert_eq!(
        groups.iter().map(|group| group.paths).sum::<usize>(),
        2,
        "the lists alone: {groups:#?}"
    );
    // A file that keeps its number belongs to somebody else now.
    let kept = with_packages(
        101,
        101,
        "root:x:0:0\n_ssh:x:101:101\nmessagebus:x:102:102\n",
        "root:x:0:\n_ssh:x:101:www,app\nmessagebus:x:102:\n",
    );
    assert_eq!(
        unexplained(&before, &kept, &evidence(&none)),
        ["Owner usr/lib/launch-helper"]
    );
}

#[test]
fn accounts_of_authors_are_compared_by_number() {
    let before = with_packages(0, 0, "root:x:0:0\napp:x:101:101\n", "root:x:0:\n");
    let after = with_packages(0, 0, "root:x:0:0\napp:x:102:102\n", "root:x:0:\n");
    assert_eq!(
        unexplained(&before, &after, &evidence(&Declared::default())),
        ["Content etc/passwd"]
    );
}

#[test]
fn what_lies_around_it_is_taken_over_but_it_is_gone() {
    let taken = vec![("/app".to_owned(), "/app".to_owned())];
    let before = [
        ("usr/bin/gcc", Entry::Program("gcc")),
        ("app/templates/a.html", Entry::Text("1")),
        ("app/node_modules/jest/index.js", Entry::Text("1")),
        ("app/server.js", Entry::Text("1")),
    ];
    let after = [("app/server.js", Entry::Text("1"))];
    let mut changes = vec![stages(), Change::Taken(taken)];
    let lost = |changes: &[Change]| {
        let declared = Declared::new("split-stages", changes);
        unexplained(&before, &after, &evidence(&declared))
    };
    assert_eq!(
        lost(&changes),
        ["Gone app/node_modules", "Gone app/templates"]
    );
    changes.push(Change::Commands("npm prune --omit=dev".to_owned()));
    assert_eq!(lost(&changes), ["Gone app/templates"]);
}

#[test]
fn what_a_package_made_in_a_folder_that_is_taken_over_goes_with_it() {
    let before = [
        ("usr/local/bin/tool", Entry::Text("1")),
        ("usr/local/share/fonts", Entry::Folder),
        (
            "var/lib/dpkg/info/fontconfig-config.postinst",
            Entry::Text("mkdir -p /usr/local/share/fonts\n"),
        ),
        (
            "var/lib/dpkg/info/fontconfig-config.list",
            Entry::Text("/usr/share/fonts\n"),
        ),
    ];
    let after = [
        ("usr/local/bin/tool", Entry::Text("1")),
        ("usr/local/share", Entry::Folder),
    ];
    let folder = "/usr/local".to_owned();
    let mut changes = vec![stages(), Change::Taken(vec![(folder.clone(), folder)])];
    let lost = |changes: &[Change]| {
        let declared = Declared::new("split-stages", changes);
        unexplained(&before, &after, &evidence(&declared))
    };
    assert_eq!(lost(&changes), ["Gone usr/local/share/fonts"]);
    changes.push(Change::PackagesRemoved(vec!["fontconfig".to_owned()]));
    assert_eq!(lost(&changes), [""; 0]);
}

#[test]
fn a_command_that_removes_dependencies_changes_their_list_and_no_other_file() {
    let lock = "app/node_modules/.package-lock.json";
    let before = [(lock, Entry::Text("a b")), ("app/a.js", Entry::Text("1"))];
    let after = [(lock, Entry::Text("a")), ("app/a.js", Entry::Text("2"))];
    let prune = Change::Commands("npm prune --omit=dev".to_owned());
    let declared = Declared::new("split-stages", &[prune]);
    assert_eq!(
        unexplained(&before, &after, &evidence(&declared)),
        ["Content app/a.js"]
    );
    assert_eq!(
        unexplained(&before, &after, &evidence(&Declared::default())).len(),
        2
    );
}

#[test]
fn another_installer_writes_other_records_and_brings_the_same_packages() {
    let record = "usr/local/lib/python3.12/site-packages/flask-3.0.dist-info/INSTALLER";
    let before = [
        (record, Entry::Text("pip")),
        ("usr/bin/env", Entry::Program("1")),
        ("usr/local/bin/python", Entry::Program("1")),
        ("usr/local/bin/poetry", Entry::Text("1")),
        (
            "usr/local/lib/python3.12/site-packages/flask/a.py",
            Entry::Text("1"),
        ),
        ("srv/data", Entry::Text("1")),
    ];
    let after = [
        (record, Entry::Text("uv")),
        ("usr/bin/env", Entry::Program("1")),
        ("usr/local/bin/python", Entry::Program("1")),
        ("usr/bin/uv", Entry::Program("1")),
        (
            "usr/local/lib/python3.12/site-packages/flask/a.py",
            Entry::Text("2"),
        ),
    ];
    let replaced = Change::Replaced {
        from: "poetry install".to_owned(),
        to: "uv sync".to_owned(),
    };
    let copied = Change::ToolCopied {
        image: "uv".to_owned(),
        from: "/uv".to_owned(),
        to: "/bin/uv".to_owned(),
    };
    let gone = Change::SetupGone {
        command: "pip install poetry".to_owned(),
        program: "poetry".to_owned(),
    };
    let declared = Declared::new("use-uv", &[replaced, copied, gone]);
    assert_eq!(
        unexplained(&before, &after, &evidence(&declared)),
        [
            "Gone srv",
            "Content usr/local/lib/python3.12/site-packages/flask/a.py"
        ]
    );
}

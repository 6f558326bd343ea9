//! The rules of the table, package by package.

use super::*;
use crate::knowledge::Knowledge;

use PackageManager::{Apk, Apt, Dnf};

fn runtime_of(name: &str, release: &str) -> Option<Vec<&'static str>> {
    Knowledge::builtin()
        .packages
        .runtime_of(Apt, name, Some(release))
}

#[test]
fn compilers_and_headers_are_for_building_only() {
    let table = &Knowledge::builtin().packages;
    for name in [
        "gcc",
        "gcc-12",
        "g++",
        "clang-14",
        "build-essential",
        "make",
        "libpq-dev",
        "python3-dev",
        "cargo",
    ] {
        assert!(table.build_only(Apt, name), "{name}");
    }
    for name in [
        "git",
        "curl",
        "libpq5",
        "python3",
        "ffmpeg",
        "tini",
        "openssh-client",
        "libgl1",
        "gcc-12-base",
    ] {
        assert!(!table.build_only(Apt, name), "{name}");
    }
    for name in [
        "build-base",
        "musl-dev",
        "linux-headers",
        "postgresql-dev",
        "cargo",
    ] {
        assert!(table.build_only(Apk, name), "{name}");
    }
    assert!(!table.build_only(Apk, "libpq"));
    assert!(!table.build_only(Dnf, "gcc"), "no table for dnf");
}

#[test]
fn headers_stand_for_a_library() {
    for (name, release, expected) in [
        ("libpq-dev", "bookworm", "libpq5"),
        ("default-libmysqlclient-dev", "bookworm", "libmariadb3"),
        ("default-libmysqlclient-dev", "jammy", "libmysqlclient21"),
        ("libffi-dev", "bullseye", "libffi7"),
        ("libffi-dev", "bookworm", "libffi8"),
        ("libssl-dev", "bullseye", "libssl1.1"),
        ("libssl-dev", "jammy", "libssl3"),
        ("libssl-dev", "trixie", "libssl3t64"),
        ("libboost-chrono-dev", "trixie", "libboost-chrono1.83.0t64"),
        ("libldap2-dev", "bookworm", "libldap-2.5-0"),
        ("libldap2-dev", "buster", "libldap-2.4-2"),
        ("libjpeg-dev", "noble", "libjpeg-turbo8"),
        ("libicu-dev", "focal", "libicu66"),
        ("libcurl4-openssl-dev", "noble", "libcurl4t64"),
        ("unixodbc-dev", "bookworm", "unixodbc"),
        ("libkrb5-dev", "bookworm", "libgssapi-krb5-2 libkrb5-3"),
        ("python3-dev", "bookworm", ""),
        ("build-essential", "bookworm", ""),
        ("gcc-12", "bookworm", ""),
        ("gfortran", "bookworm", "libgfortran5"),
        ("libgbm-dev", "trixie", "libgbm1"),
        ("musl-dev", "bullseye", "musl"),
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(
            runtime_of(name, release),
            Some(expected),
            "{name} in {release}"
        );
    }
}

#[test]
fn what_is_not_known_is_not_guessed() {
    assert_eq!(
        runtime_of("libpq-dev", "stretch"),
        None,
        "a release that is not covered"
    );
    assert_eq!(
        Knowledge::builtin()
            .packages
            .runtime_of(Apt, "libpq-dev", None),
        None,
        "an unknown release"
    );
    assert_eq!(
        runtime_of("libpcre3-dev", "trixie"),
        None,
        "a package that the release does not have"
    );
    assert_eq!(runtime_of("libunheardof-dev", "bookworm"), None);
    assert_eq!(runtime_of("git", "bookworm"), None);
}

#[test]
fn alpine_names_do_not_depend_on_the_release() {
    let runtime = |name| Knowledge::builtin().packages.runtime_of(Apk, name, None);
    assert_eq!(runtime("postgresql-dev"), Some(vec!["libpq"]));
    assert_eq!(runtime("mariadb-dev"), Some(vec!["mariadb-connector-c"]));
    assert_eq!(runtime("jpeg-dev"), Some(vec!["libjpeg-turbo"]));
    assert_eq!(runtime("build-base"), Some(vec!["libgcc", "libstdc++"]));
    assert_eq!(runtime("musl-dev"), Some(Vec::new()));
    assert_eq!(runtime("unheardof-dev"), None);
}

#[test]
fn recommended_packages_matter_or_not() {
    let recommends = |name| {
        Knowledge::builtin()
            .packages
            .recommends(name, Some("bookworm"))
    };
    assert_eq!(recommends("curl"), Recommends::Add(vec!["ca-certificates"]));
    assert_eq!(
        recommends("git"),
        Recommends::Add(vec!["ca-certificates", "openssh-client"])
    );
    assert_eq!(recommends("build-essential"), Recommends::Irrelevant);
    assert_eq!(recommends("libpq-dev"), Recommends::Irrelevant);
    assert_eq!(recommends("libreoffice"), Recommends::Unknown);
}

#[test]
fn python_packages_need_libraries_and_programs() {
    let table = &Knowledge::builtin().packages;
    let libraries =
        |name, release| table.libraries_of(table.dependency("python", name)?, Apt, Some(release));
    assert_eq!(libraries("psycopg2", "bookworm"), Some(vec!["libpq5"]));
    assert_eq!(
        libraries("mysqlclient", "bookworm"),
        Some(vec!["libmariadb3"])
    );
    assert_eq!(
        libraries("Python_LDAP", "bullseye"),
        Some(vec!["libldap-2.4-2", "libsasl2-2"])
    );
    assert_eq!(
        libraries("opencv-python", "trixie"),
        Some(vec!["libgl1", "libglib2.0-0t64"])
    );
    assert_eq!(libraries("GitPython", "bookworm"), Some(Vec::new()));
    assert_eq!(libraries("psycopg2", "stretch"), None);
    assert_eq!(libraries("selenium", "bookworm"), None);
    let git = table
        .dependency("python", "gitpython")
        .and_then(|package| package.programs.get("git"));
    assert_eq!(git.map(String::as_str), Some("git"));
    assert!(
        table
            .dependency("python", "playwright")
            .is_some_and(|package| package.refuse.is_some())
    );
    for fine in ["psycopg2-binary", "numpy", "psutil", "cryptography"] {
        assert!(
            table.dependency("python", fine).is_none(),
            "{fine} has wheels"
        );
    }
}

#[test]
fn the_table_is_consistent() {
    let table = &Knowledge::builtin().packages;
    let images = &Knowledge::builtin().images;
    for release in &table.apt.releases {
        assert!(
            images.distribution_of_release(release).is_some(),
            "{release}"
        );
    }
    let of_languages = table
        .dependency
        .iter()
        .filter_map(|package| package.apt.as_ref());
    for names in table
        .apt
        .runtime
        .values()
        .chain(table.apt.recommends.values())
        .chain(of_languages)
    {
        if let Names::ByRelease(by_release) = names {
            let known =
                |release: &String| release == "other" || table.apt.releases.contains(release);
            assert!(by_release.keys().all(known), "{names:?}");
        }
    }
    for name in table.apt.recommends.keys() {
        assert!(
            !table.apt.recommends_irrelevant.contains(name),
            "{name} is in both lists"
        );
    }
    for package in &table.dependency {
        let decided = package.refuse.is_none();
        assert!(decided == package.apt.is_some(), "{:?}", package.names);
        for name in &package.names {
            assert_eq!(*name, name.to_lowercase());
            assert_eq!(
                table
                    .dependency
                    .iter()
                    .filter(
                        |other| other.ecosystem == package.ecosystem && other.names.contains(name)
                    )
                    .count(),
                1,
                "{name}"
            );
        }
    }
}

#[test]
fn a_user_may_add_packages() {
    let mut table = Knowledge::builtin().packages.clone();
    let more = "[apt]\nbuild_only = ['our-compiler']\n[apt.runtime]\nour-dev = 'our-lib'";
    table.extend(toml::from_str(more).expect("a valid table"));
    assert!(table.build_only(Apt, "our-compiler"));
    assert!(table.build_only(Apt, "gcc"));
    assert_eq!(
        table.runtime_of(Apt, "our-dev", Some("noble")),
        Some(vec!["our-lib"])
    );
    assert!(toml::from_str::<Packages>("[apt]\ntypo = 1").is_err());
}

#[test]
fn old_versions_are_compiled() {
    let table = &Knowledge::builtin().packages;
    let is_ready_made = |name, version, language| {
        let package = table.dependency("python", name);
        package.map(|package| package.is_ready_made(version, language))
    };
    let here = Some("3.12");
    assert_eq!(is_ready_made("pillow", Some("9.5.0"), here), Some(false));
    assert_eq!(is_ready_made("pillow", Some("10.4.0"), here), Some(true));
    assert_eq!(is_ready_made("pillow", None, here), Some(true));
    // Without a number, the image is that of the newest Python.
    assert_eq!(is_ready_made("pillow", Some("10.4.0"), None), Some(false));
    assert_eq!(is_ready_made("psycopg2", None, here), Some(false));
}

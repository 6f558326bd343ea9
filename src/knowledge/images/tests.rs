//! Every rule of the table, by reference.

use super::*;
use crate::knowledge::Knowledge;

fn image(reference: &str) -> Image<'static> {
    let known = Knowledge::builtin()
        .images
        .lookup(&ImageRef::parse(reference));
    known.unwrap_or_else(|| panic!("{reference} is not in the table"))
}

/// The references that a rule of the kind leads to.
fn runtimes(reference: &str, runs: Runs) -> Vec<String> {
    let all = image(reference).runtimes.into_iter();
    all.filter(|runtime| runtime.runs == runs)
        .map(|runtime| runtime.reference)
        .collect()
}

/// `distribution release`, with `-` for what is not known.
fn release(reference: &str) -> String {
    let image = image(reference);
    let release = image.release.map_or("-".to_owned(), |release| release.name);
    format!("{} {release}", image.distribution.unwrap_or("-"))
}

#[test]
fn references_are_cut_into_parts() {
    let cut = |text| {
        let image = ImageRef::parse(text);
        (image.prefix, image.repository, image.tag, image.digest)
    };
    assert_eq!(cut("python"), ("", "python", None, None));
    assert_eq!(cut("python:3.9"), ("", "python", Some("3.9"), None));
    assert_eq!(
        cut("python:3.9@sha256:1f"),
        ("", "python", Some("3.9"), Some("sha256:1f"))
    );
    assert_eq!(
        cut("docker.io/library/python:3"),
        ("docker.io/library/", "python", Some("3"), None)
    );
    assert_eq!(
        cut("docker.io/bitnami/redis"),
        ("docker.io/", "bitnami/redis", None, None)
    );
    assert_eq!(
        cut("public.ecr.aws/docker/library/python:3"),
        ("public.ecr.aws/docker/library/", "python", Some("3"), None)
    );
    assert_eq!(
        cut("mirror.gcr.io/library/node"),
        ("mirror.gcr.io/library/", "node", None, None)
    );
    assert_eq!(
        cut("arm64v8/node:20"),
        ("arm64v8/", "node", Some("20"), None)
    );
    assert_eq!(
        cut("localhost:5000/app"),
        ("", "localhost:5000/app", None, None)
    );
    assert_eq!(
        cut("localhost:5000/app:1"),
        ("", "localhost:5000/app", Some("1"), None)
    );
    assert_eq!(
        cut("mcr.microsoft.com/dotnet/sdk:8.0"),
        ("", "mcr.microsoft.com/dotnet/sdk", Some("8.0"), None)
    );
}

#[test]
fn what_a_variable_hides_is_not_known() {
    for reference in [
        "python:${VERSION}",
        "$BASE",
        "${REGISTRY}/python:3",
        "private.example/app:1",
        "app",
    ] {
        assert!(
            &Knowledge::builtin()
                .images
                .lookup(&ImageRef::parse(reference))
                .is_none(),
            "{reference}"
        );
    }
}

#[test]
fn releases_are_named_or_follow_from_the_version() {
    for (reference, expected) in [
        ("python:3.12-bookworm", "debian bookworm"),
        ("python:3.12", "debian trixie"),
        ("python:3.12.1", "debian bookworm"),
        ("python:3.13.6", "debian -"),
        ("python:3.9", "debian trixie"),
        ("python:3.9.5-slim", "debian buster"),
        ("python:3.8", "debian bookworm"),
        ("python:3.6", "debian bullseye"),
        ("python:2.7", "debian buster"),
        ("python:3.1", "debian -"),
        ("python", "debian trixie"),
        ("python:latest", "debian trixie"),
        ("python:3.12-alpine", "alpine -"),
        ("python:3.12-alpine3.19", "alpine 3.19"),
        ("python:3.12-special", "- -"),
        ("node:20", "debian bookworm"),
        ("node:20.1", "debian bullseye"),
        ("node:18-slim", "debian bookworm"),
        ("node:16", "debian buster"),
        ("node:24", "debian bookworm"),
        ("node:26", "debian trixie"),
        ("node:lts", "debian bookworm"),
        ("node:hydrogen-bullseye", "debian bullseye"),
        ("golang:1.22", "debian bookworm"),
        ("openjdk:8", "debian bullseye"),
        ("openjdk:8-jdk", "debian bullseye"),
        ("openjdk:11-jre-slim", "debian bullseye"),
        ("openjdk:17", "oraclelinux-slim -"),
        ("openjdk:17-jdk", "oraclelinux-slim -"),
        ("azul/zulu-openjdk-alpine:17", "alpine -"),
        ("adoptopenjdk:11-jre-hotspot", "ubuntu -"),
        ("adoptopenjdk/openjdk11:alpine-jre", "alpine -"),
        ("mcr.microsoft.com/playwright:v1.40.0-jammy", "ubuntu jammy"),
        (
            "mcr.microsoft.com/dotnet/core/aspnet:3.1-alpine",
            "alpine -",
        ),
        ("rocker/r-ver:3.6.3", "debian -"),
        ("rocker/r-ver:4.3.1", "ubuntu -"),
        ("pypy:3.10-slim", "debian -"),
        ("openjdk:17-jdk-slim", "debian bullseye"),
        ("openjdk:17-slim-bullseye", "debian bullseye"),
        ("openjdk:8-jre-alpine", "alpine -"),
        ("golang:1.21.3", "debian bookworm"),
        ("golang:1.23", "debian bookworm"),
        ("golang:1.18", "debian bullseye"),
        ("golang:latest", "debian trixie"),
        ("golang:1.22-alpine", "alpine 3.21"),
        ("golang:1.22.3-alpine", "alpine -"),
        ("golang:1.27-alpine", "alpine -"),
        ("rust:1.75", "debian bookworm"),
        ("rust:1", "debian trixie"),
        ("rust:1.60-slim", "debian bullseye"),
        ("ruby:3.2", "debian trixie"),
        ("ruby:3.1.2", "debian bullseye"),
        ("eclipse-temurin:17-jdk-jammy", "ubuntu jammy"),
        ("eclipse-temurin:17", "ubuntu -"),
        ("eclipse-temurin:21-ubi9-minimal", "rhel-minimal 9"),
        ("maven:3.9-eclipse-temurin-17-focal", "ubuntu focal"),
        ("maven:3-amazoncorretto-17", "amazonlinux -"),
        ("maven:3-amazoncorretto-17-alpine", "alpine -"),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "debian bookworm"),
        ("mcr.microsoft.com/dotnet/sdk:6.0.100", "debian bullseye"),
        (
            "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled",
            "distroless -",
        ),
        (
            "mcr.microsoft.com/dotnet/sdk:8.0-azurelinux3.0",
            "azurelinux 3.0",
        ),
        ("debian:12.5-slim", "debian bookworm"),
        ("debian:oldstable", "debian bookworm"),
        ("debian:sid", "debian -"),
        ("debian", "debian trixie"),
        ("ubuntu:22.04", "ubuntu jammy"),
        ("ubuntu:noble", "ubuntu noble"),
        ("ubuntu", "ubuntu -"),
        ("alpine:3.19.1", "alpine 3.19"),
        ("alpine:3", "alpine -"),
        ("buildpack-deps:jammy-scm", "ubuntu jammy"),
        ("nvidia/cuda:12.2.0-devel-ubuntu22.04", "ubuntu jammy"),
        ("rockylinux:9.3", "rockylinux 9"),
        ("registry.access.redhat.com/ubi9/ubi:9.4", "rhel -"),
        ("gcr.io/distroless/static-debian12", "distroless-static -"),
        (
            "ghcr.io/astral-sh/uv:0.5-python3.12-bookworm-slim",
            "debian bookworm",
        ),
        ("python@sha256:1f", "- -"),
        ("python:3.9@sha256:1f", "debian -"),
        ("python:3.9-bullseye@sha256:1f", "debian bullseye"),
    ] {
        assert_eq!(release(reference), expected, "{reference}");
    }
}

#[test]
fn a_release_says_whether_the_tag_names_it() {
    let named = |reference| {
        image(reference)
            .release
            .is_some_and(|release| release.named)
    };
    assert!(named("python:3.12-bookworm"));
    assert!(named("debian:12"));
    assert!(!named("python:3.12"));
    assert_eq!(
        image("golang:1.22").release.map(|release| release.number),
        Some("12".to_owned())
    );
}

#[test]
fn a_language_has_a_runtime_of_the_same_version_and_distribution() {
    for (reference, expected) in [
        ("python:3.12", "python:3.12-slim"),
        ("python:3.12-bookworm", "python:3.12-slim-bookworm"),
        ("python:bullseye", "python:slim-bullseye"),
        ("python", "python:slim"),
        ("python:latest", "python:slim"),
        (
            "docker.io/library/python:3",
            "docker.io/library/python:3-slim",
        ),
        ("arm64v8/python:3", "arm64v8/python:3-slim"),
        ("node:20", "node:20-slim"),
        ("node:20-bullseye", "node:20-bullseye-slim"),
        ("node:lts", "node:lts-slim"),
        ("node", "node:slim"),
        ("ruby:3.2", "ruby:3.2-slim"),
        ("ruby:3.2.2-bullseye", "ruby:3.2.2-slim-bullseye"),
        ("perl:5.38", "perl:5.38-slim"),
        ("elixir:1.15", "elixir:1.15-slim"),
        ("elixir:1.15-otp-26", "elixir:1.15-otp-26-slim"),
        ("swift:5.9-jammy", "swift:5.9-jammy-slim"),
        ("oven/bun:1", "oven/bun:1-slim"),
        ("oven/bun", "oven/bun:slim"),
        ("eclipse-temurin:17", "eclipse-temurin:17-jre"),
        ("eclipse-temurin:17-jdk", "eclipse-temurin:17-jre"),
        (
            "eclipse-temurin:17-jdk-jammy",
            "eclipse-temurin:17-jre-jammy",
        ),
        ("eclipse-temurin:21-alpine", "eclipse-temurin:21-jre-alpine"),
        (
            "eclipse-temurin:21-jdk-alpine-3.22",
            "eclipse-temurin:21-jre-alpine-3.22",
        ),
        ("openjdk:11", "openjdk:11-jre"),
        ("openjdk:8-jdk-alpine", "openjdk:8-jre-alpine"),
        ("openjdk:17", "eclipse-temurin:17-jre"),
        ("openjdk:17-jdk-alpine", "eclipse-temurin:17-jre-alpine"),
        ("openjdk:21-jdk-slim-bookworm", "eclipse-temurin:21-jre"),
        ("maven:3.8-openjdk-17-slim", "eclipse-temurin:17-jre"),
        ("openjdk:11-jdk-slim-buster", "openjdk:11-jre-slim-buster"),
        ("maven:3.9-eclipse-temurin-17", "eclipse-temurin:17-jre"),
        (
            "maven:3.9.6-eclipse-temurin-21-alpine",
            "eclipse-temurin:21-jre-alpine",
        ),
        ("node:8.17", "node:8.17-slim"),
        ("node:carbon", "node:carbon-slim"),
        ("maven:3.8-openjdk-11-slim", "openjdk:11-jre"),
        ("maven:3-jdk-8", "openjdk:8-jre"),
        ("gradle:8-jdk17", "eclipse-temurin:17-jre"),
        ("gradle:jdk21-alpine", "eclipse-temurin:21-jre-alpine"),
        (
            "mcr.microsoft.com/dotnet/sdk:8.0",
            "mcr.microsoft.com/dotnet/aspnet:8.0",
        ),
        (
            "mcr.microsoft.com/dotnet/sdk:8.0-alpine3.19",
            "mcr.microsoft.com/dotnet/aspnet:8.0-alpine3.19",
        ),
        (
            "mcr.microsoft.com/dotnet/sdk:3.1-buster",
            "mcr.microsoft.com/dotnet/aspnet:3.1-buster-slim",
        ),
        (
            "mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim",
            "mcr.microsoft.com/dotnet/aspnet:8.0-bookworm-slim",
        ),
    ] {
        assert_eq!(
            runtimes(reference, Runs::Language),
            [expected],
            "{reference}"
        );
    }
}

#[test]
fn a_distribution_has_a_slim_variant_with_the_same_packages() {
    for (reference, expected) in [
        ("debian:12", "debian:12-slim"),
        ("debian:12.5", "debian:12.5-slim"),
        ("debian:bookworm", "debian:bookworm-slim"),
        ("debian:stable", "debian:stable-slim"),
    ] {
        assert_eq!(runtimes(reference, Runs::Everything), [expected]);
        assert!(!image(reference).sheds_tools(), "{reference}");
    }
}

#[test]
fn no_tag_is_invented() {
    for reference in [
        "python:3.12-slim",
        "python:3.12-alpine",
        "python:3.13-rc",
        "python:3.12@sha256:1f",
        "python:3.12-windowsservercore",
        "python:3.3",
        "node:20-alpine",
        "node:8-stretch",
        "node:3",
        "php:8.2-apache",
        "eclipse-temurin:16-jdk",
        "eclipse-temurin:17.0.1_12-jdk",
        "eclipse-temurin:17-jre",
        "eclipse-temurin",
        "openjdk:16",
        "openjdk:17.0.1-jdk-slim",
        "maven:3.9",
        "maven:3.8-openjdk-16",
        "maven:3.9-amazoncorretto-17",
        "gradle:8-jdk",
        "gradle:5.6-jdk11",
        "gradle:8-jdk17-graal",
        "gradle:8-jdk17-corretto",
        "gradle:8-jdk17-ubi9",
        "mcr.microsoft.com/dotnet/sdk:3.1-alpine",
        "mcr.microsoft.com/dotnet/sdk:5.0-alpine",
        "mcr.microsoft.com/dotnet/sdk:8.0.412",
        "mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-ltsc2022",
        "gcc:13",
        "debian:12-slim",
        "debian:buster",
        "debian:bookworm-backports",
        "debian",
        "debian:latest",
        "haskell:9.4",
    ] {
        assert!(
            image(reference).runtimes.is_empty(),
            "{reference}: {:?}",
            image(reference).runtimes
        );
    }
}

#[test]
fn executables_run_where_their_c_library_is() {
    let distroless = "gcr.io/distroless/static-debian12";
    assert_eq!(
        runtimes("golang:1.22", Runs::Dynamic),
        ["gcr.io/distroless/cc-debian12", "debian:bookworm-slim"]
    );
    assert_eq!(
        runtimes("golang:1.22-bullseye", Runs::Dynamic),
        ["debian:bullseye-slim"]
    );
    assert_eq!(
        runtimes("golang:1.22-alpine3.19", Runs::Dynamic),
        ["alpine:3.19"]
    );
    assert_eq!(runtimes("golang:1.27-alpine", Runs::Dynamic), ["alpine:3"]);
    assert_eq!(runtimes("golang:1.27-alpine", Runs::Static), [distroless]);
    assert_eq!(runtimes("golang:1.22", Runs::Static), [distroless]);
    assert_eq!(
        runtimes("public.ecr.aws/docker/library/golang:1.22", Runs::Dynamic),
        [
            "gcr.io/distroless/cc-debian12",
            "public.ecr.aws/docker/library/debian:bookworm-slim"
        ]
    );
    assert_eq!(
        runtimes("docker.io/library/golang:1.22", Runs::Static),
        [distroless]
    );
    assert_eq!(
        runtimes("rust:1-bookworm", Runs::Dynamic),
        ["gcr.io/distroless/cc-debian12", "debian:bookworm-slim"]
    );
    assert_eq!(
        runtimes("rust:1.75-slim-buster", Runs::Dynamic),
        ["debian:buster-slim"]
    );
    assert_eq!(
        runtimes("nvidia/cuda:12.2.0-devel-ubuntu22.04", Runs::Dynamic),
        ["nvidia/cuda:12.2.0-runtime-ubuntu22.04"]
    );
    assert_eq!(
        runtimes("nvidia/cuda:12.2.0-cudnn8-devel-ubuntu22.04", Runs::Dynamic),
        ["nvidia/cuda:12.2.0-cudnn8-runtime-ubuntu22.04"]
    );
}

#[test]
fn accounts_depend_on_image_and_release() {
    let users = |reference| -> Vec<&str> {
        let users = image(reference).users.into_iter();
        users
            .filter(|user| user.uid.is_some_and(|uid| uid >= 1000))
            .map(|user| user.name.as_str())
            .collect()
    };
    assert_eq!(users("node:20-alpine"), ["node", "nobody"]);
    assert_eq!(users("python:3.12"), ["nobody"]);
    assert_eq!(users("ubuntu:22.04"), ["nobody"]);
    assert_eq!(users("ubuntu:24.04"), ["ubuntu", "nobody"]);
    assert_eq!(users("gradle:8-jdk17-noble"), ["gradle", "nobody"]);
    assert_eq!(users("mcr.microsoft.com/dotnet/sdk:8.0"), ["app", "nobody"]);
    assert_eq!(users("mcr.microsoft.com/dotnet/sdk:6.0"), ["nobody"]);
}

#[test]
fn some_images_do_not_run_as_root() {
    for (reference, expected) in [
        ("python:3.12", Some("root")),
        ("node:20", Some("root")),
        ("gcr.io/distroless/static-debian12", Some("root")),
        ("gcr.io/distroless/static-debian12:nonroot", Some("nonroot")),
        ("gcr.io/distroless/static@sha256:1f", None),
        ("cgr.dev/chainguard/python", Some("nonroot")),
        ("bitnami/redis:7.2", Some("1001")),
        ("nginxinc/nginx-unprivileged:1.25", Some("101")),
        ("jenkins/jenkins:lts-jdk17", Some("jenkins")),
        ("jupyter/base-notebook", Some("jovyan")),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", Some("root")),
        (
            "mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled",
            Some("app"),
        ),
        ("registry.access.redhat.com/ubi9/ubi-minimal", Some("root")),
        ("registry.access.redhat.com/ubi9/python-311", Some("1001")),
    ] {
        assert_eq!(image(reference).default_user, expected, "{reference}");
    }
}

#[test]
fn a_distribution_brings_its_ways() {
    let system = |reference| {
        let system = image(reference).system.expect("a known distribution");
        (
            system.libc,
            system.package_manager,
            system.shell,
            system.accounts,
        )
    };
    let debian = (
        Libc::Glibc,
        PackageManager::Apt,
        Shell::Dash,
        Accounts::Useradd,
    );
    assert_eq!(system("python:3.12"), debian);
    assert_eq!(system("ubuntu:22.04"), debian);
    let alpine = (
        Libc::Musl,
        PackageManager::Apk,
        Shell::Ash,
        Accounts::Adduser,
    );
    assert_eq!(system("node:20-alpine"), alpine);
    assert_eq!(
        system("fedora:40"),
        (
            Libc::Glibc,
            PackageManager::Dnf,
            Shell::Bash,
            Accounts::Useradd
        )
    );
    assert_eq!(
        system("scratch"),
        (
            Libc::None,
            PackageManager::None,
            Shell::None,
            Accounts::None
        )
    );
    let distroless = (
        Libc::Glibc,
        PackageManager::None,
        Shell::None,
        Accounts::None,
    );
    assert_eq!(system("gcr.io/distroless/cc-debian12"), distroless);
    assert!(
        image("gcr.io/distroless/base:debug").system.is_none(),
        "debug brings a shell"
    );
}

#[test]
fn variants_are_told_apart() {
    assert_eq!(image("python:3.9-windowsservercore").os, Os::Windows);
    assert_eq!(
        image("mcr.microsoft.com/windows/servercore:ltsc2022").os,
        Os::Windows
    );
    assert_eq!(image("python:3.9").os, Os::Linux);
    assert!(image("python:3.9-slim-buster").slim);
    assert!(image("python:3.6-onbuild").onbuild);
    let has_git = |reference| {
        image(reference)
            .toolset
            .is_some_and(|set| set.programs.contains_key("git"))
    };
    assert!(has_git("python:3.9"));
    assert!(has_git("golang:1.22"));
    assert!(has_git("maven:3.9-eclipse-temurin-17"));
    assert!(!has_git("maven:3.9-eclipse-temurin-17-alpine"));
    assert!(!has_git("python:3.9-slim"));
    assert!(!has_git("python:3.9-alpine"));
    assert_eq!(image("nginx").command, Command::Service);
    assert_eq!(image("python:3.9").command, Command::Prompt);
    assert!(image("postgres:16").drops_privileges);
    assert_eq!(image("golang:1.22").workdir, Some("/go"));
}

#[test]
fn the_table_is_consistent() {
    let table = &Knowledge::builtin().images;
    for family in table.families() {
        let names = family
            .distribution
            .iter()
            .chain(family.distributions.values());
        let since = family.distribution_since.values();
        for name in since {
            assert!(
                table.distribution(name).is_some(),
                "{}: {name}",
                family.repository
            );
        }
        for name in names.chain(family.release.keys()) {
            assert!(
                table.distribution(name).is_some(),
                "{}: {name}",
                family.repository
            );
        }
        for (name, releases) in &family.release {
            let known = &table.distribution(name).expect("checked above").releases;
            let exists = |release| known.is_empty() || known.contains_key(release);
            assert!(
                releases.values().all(exists),
                "{}: {releases:?}",
                family.repository
            );
        }
        assert!(
            family
                .toolset
                .as_deref()
                .is_none_or(|name| table.toolset(name).is_some())
        );
        let same = table
            .families()
            .iter()
            .filter(|other| other.repository == family.repository);
        assert_eq!(same.count(), 1, "{} is listed twice", family.repository);
    }
}

#[test]
fn a_user_may_add_images() {
    let mut table = Knowledge::builtin().images.clone();
    let more = r#"
        [[image]]
        repository = "registry.example/base"
        distribution = "debian"
        version_is_release = true
        source = "our own"

        [[image.runtime]]
        runs = "language"
        tag = ["{version}"]
        to = "registry.example/base:{version}-run"
    "#;
    table.extend(toml::from_str(more).expect("a valid table"));
    let image = table
        .lookup(&ImageRef::parse("registry.example/base:12"))
        .expect("added");
    assert_eq!(image.runtimes[0].reference, "registry.example/base:12-run");
    assert_eq!(
        image.release.map(|release| release.name),
        Some("bookworm".to_owned())
    );
}

#[test]
fn mistakes_in_a_table_are_reported() {
    for wrong in [
        "[[image]]\nrepository = 'a'\nsource = ''\ntypo = 1",
        "[[image]]\nrepository = 'a'\nsource = ''\n[image.release.debian]\n'x' = 'bookworm'",
        "[[image]]\nrepository = 'a'\nsource = ''\n[[image.runtime]]\nruns = 'static'\ntag = ['{']\nto = 'b:c'",
    ] {
        assert!(toml::from_str::<Images>(wrong).is_err(), "{wrong}");
    }
}

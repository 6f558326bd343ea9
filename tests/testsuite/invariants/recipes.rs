//! Dockerfiles made of lines that people write, so that the transforms have something to do.

/// Makes a Dockerfile: every byte of `choices` decides what comes next, until they are used up.
pub(crate) fn dockerfile(choices: &[u8]) -> String {
    let mut cook = Cook {
        choices: choices.iter().copied(),
        text: String::new(),
    };
    let (windows, unfinished) = (cook.one_in(8), cook.one_in(8));
    let head = cook.pick(HEADS);
    cook.text.push_str(head);
    cook.from();
    while cook.choices.len() > 0 {
        cook.instruction();
    }
    if unfinished {
        cook.text.truncate(cook.text.trim_end_matches('\n').len());
    }
    if windows {
        return cook.text.replace('\n', "\r\n");
    }
    cook.text
}

/// Writes instructions as its choices say.
struct Cook<'c> {
    choices: std::iter::Copied<std::slice::Iter<'c, u8>>,
    text: String,
}

impl Cook<'_> {
    /// The next choice; the first of everything when there is none left.
    fn choose(&mut self, among: usize) -> usize {
        usize::from(self.choices.next().unwrap_or_default()) % among
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.choose(odds) == odds - 1
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.choose(from.len())]
    }

    fn from(&mut self) {
        let image = self.pick(IMAGES);
        let name = self.pick(&["", "", " AS builder", " as base", " AS final"]);
        self.text += &format!("FROM {image}{name}\n");
    }

    fn instruction(&mut self) {
        let above = self.pick(ABOVE);
        self.text += above;
        match self.choose(16) {
            0..6 => self.run(),
            6..11 => self.line(FILES),
            11..15 => self.line(SETTINGS),
            _ => self.from(),
        }
    }

    fn line(&mut self, lines: &[&'static str]) {
        let line = self.pick(lines);
        self.text += line;
        self.text.push('\n');
    }

    fn run(&mut self) {
        let start = self.pick(RUNS);
        self.text += start;
        let command = self.pick(COMMANDS);
        self.text += command;
        for _ in 0..self.choose(5) {
            let joint = self.pick(JOINTS);
            let command = self.pick(COMMANDS);
            self.text += &format!("{joint}{command}");
        }
        let end = self.pick(ENDS);
        self.text += end;
        self.text.push('\n');
    }
}

/// What a file begins with.
const HEADS: &[&str] = &[
    "",
    "",
    "",
    "# syntax=docker/dockerfile:1\n",
    "# escape=`\n",
    "\u{feff}",
    "ARG BASE=python:3.11\n",
    "# Copyright\n\n",
    "# dfopt: ignore-file\n",
    "\n\n",
];

const IMAGES: &[&str] = &[
    "python:3.11",
    "python:3.9",
    "python:3.12-slim",
    "python:3.11-alpine",
    "node:20",
    "node:18-alpine",
    "golang:1.22",
    "golang:1.21-alpine",
    "rust:1.75",
    "debian:bookworm",
    "debian:12-slim",
    "ubuntu:22.04",
    "ubuntu",
    "alpine:3.19",
    "fedora:40",
    "maven:3.9-eclipse-temurin-17",
    "mcr.microsoft.com/dotnet/sdk:8.0",
    "mcr.microsoft.com/windows/servercore:ltsc2022",
    "nginx:1.25",
    "ruby:3.2",
    "php:8.2-apache",
    "scratch",
    "builder",
    "base",
    "${BASE}",
    "--platform=$BUILDPLATFORM golang:1.22",
];

/// What stands above an instruction or in front of it.
const ABOVE: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "\n",
    "# why\n",
    "# why\n# and how\n",
    "\n# why\n\n",
    "# dfopt: ignore\n",
    "# hadolint ignore=DL3008\n",
    "  ",
    "\t",
    "ONBUILD ",
];

const RUNS: &[&str] = &[
    "RUN ",
    "RUN ",
    "RUN ",
    "RUN ",
    "RUN ",
    "run ",
    "RUN set -ex && ",
    "RUN set -eux; ",
    "RUN  \\\n    ",
    "RUN \\\n  # first\n    ",
    "RUN --mount=type=cache,target=/var/cache/apt ",
    "RUN --mount=type=bind,from=builder,target=/mnt ",
    "RUN --network=none ",
    "RUN if true; then ",
    "RUN DEBIAN_FRONTEND=noninteractive ",
    "RUN ( ",
    "RUN <<EOF\n",
    "RUN <<-'E' bash\n\t",
    "RUN [\"sh\", \"-c\", \"",
];

const JOINTS: &[&str] = &[
    " && ",
    " && ",
    " && \\\n    ",
    " \\\n    && ",
    " \\\n    && ",
    " && \\\n    # then\n    ",
    " \\\n  # then\n\n  && ",
    "; ",
    "; \\\n    ",
    " || ",
    " | ",
    " & ",
    " &&\\\n",
    "\n",
];

const ENDS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    " ",
    " \\",
    " \\\n",
    "; fi",
    " )",
    "\nEOF",
    "\nE",
    "\"]",
    " # done",
    " > /dev/null 2>&1",
];

const COMMANDS: &[&str] = &[
    "apt-get update",
    "apt-get update",
    "apt-get update -qq",
    "apt-get install -y curl",
    "apt-get install -y build-essential curl git",
    "apt-get install -y --no-install-recommends gcc libpq-dev",
    "apt-get -y install \\\n    curl \\\n    # for the build\n    gcc",
    "apt-get install -y \\\n      libssl-dev=1.1 \\\n      nginx",
    "apt-get install -y $PACKAGES",
    "apt-get upgrade -y",
    "apt-get clean",
    "apt-get remove -y gcc",
    "apt-get autoremove -y",
    "apt install -y ./local.deb",
    "rm -rf /var/lib/apt/lists/*",
    "rm -rf /var/cache/apk/*",
    "apk add curl",
    "apk add --no-cache gcc musl-dev",
    "apk add --virtual .deps gcc",
    "apk del .deps",
    "apk update",
    "dnf install -y gcc",
    "dnf clean all",
    "yum install -y wget",
    "pip install -r requirements.txt",
    "pip install --no-cache-dir -r requirements.txt",
    "pip3 install flask==2.0 gunicorn",
    "pip install .",
    "pip install -e .[dev]",
    "python -m pip install -U pip",
    "python -m venv /opt/venv",
    "python setup.py install",
    "poetry install",
    "npm install",
    "npm ci",
    "npm ci --omit=dev",
    "npm run build",
    "npm install -g pm2",
    "yarn install --frozen-lockfile",
    "yarn build",
    "go mod download",
    "go build -o /app/server .",
    "CGO_ENABLED=0 go build -o server ./cmd/server",
    "go install ./...",
    "cargo build --release",
    "cargo install --path .",
    "mvn package",
    "dotnet publish -c Release -o out",
    "make",
    "make install",
    "cd /app",
    "cd src",
    "mkdir -p /app/data",
    "mkdir logs",
    "useradd -m app",
    "adduser -D app",
    "chown -R app:app /app",
    "chmod +x /entrypoint.sh",
    "curl -fsSL https://example.com/x.tar.gz | tar xz",
    "curl -sL https://deb.nodesource.com/setup_18.x | bash -",
    "echo \"deb http://example.com/ stable main\" > /etc/apt/sources.list.d/x.list",
    "git clone https://github.com/a/b",
    "export A=b",
    "A=$(cat version)",
    "echo $(ls)",
    "for f in *; do echo $f; done",
    "if [ -f x ]; then cat x; fi",
    "cat <<X\nbody\nX",
    "true",
    "'",
    "é",
];

const FILES: &[&str] = &[
    "COPY . .",
    "COPY . /app",
    "COPY . /app/",
    "ADD . /app",
    "COPY ./ ./",
    "COPY requirements.txt .",
    "COPY requirements.txt /tmp/",
    "COPY package.json package-lock.json ./",
    "COPY package*.json ./",
    "COPY yarn.lock ./",
    "COPY go.mod go.sum ./",
    "COPY Cargo.toml Cargo.lock ./",
    "COPY src ./src",
    "COPY src/ /app/src/",
    "COPY app.py .",
    "COPY \\\n  # the program\n  app.py \\\n  .",
    "COPY --chown=app:app . .",
    "COPY --from=builder /app /app",
    "COPY --from=0 /app/server /server",
    "COPY --from=nginx:1.25 /etc/nginx /etc/nginx",
    "COPY --link . .",
    "COPY entrypoint.sh /",
    "COPY [\"a b\", \"/c\"]",
    "COPY <<EOF /etc/x\nbody\n# no comment\nEOF",
    "ADD https://example.com/a.tar.gz /tmp/",
    "COPY $SRC /app",
    "COPY --exclude=*.md . .",
];

const SETTINGS: &[&str] = &[
    "WORKDIR /app",
    "WORKDIR /app",
    "WORKDIR /usr/src/app",
    "WORKDIR src",
    "WORKDIR $HOME/x",
    "USER root",
    "USER app",
    "USER node",
    "USER 1000:1000",
    "ENV A=b C=d",
    "ENV PATH=/opt/venv/bin:$PATH",
    "ENV DEBIAN_FRONTEND noninteractive",
    "ENV NODE_ENV=production",
    "ARG SRC=.",
    "ARG PACKAGES=\"curl git\"",
    "ARG TARGETARCH",
    "EXPOSE 80",
    "EXPOSE 8080 9000/udp",
    "VOLUME /data",
    "VOLUME [\"/app/data\"]",
    "CMD [\"python\", \"app.py\"]",
    "CMD [\"uvicorn\", \"app.main:app\", \"--port\", \"8000\"]",
    "CMD [\"node\", \"dist/index.js\"]",
    "CMD [\"/app/server\"]",
    "CMD npm start",
    "CMD python manage.py runserver 0.0.0.0:80",
    "CMD [\"gunicorn\", \"-b\", \"0.0.0.0:8000\", \"app:app\"]",
    "CMD \\\n  # start\n  [\"nginx\", \"-g\", \"daemon off;\"]",
    "ENTRYPOINT [\"/entrypoint.sh\"]",
    "ENTRYPOINT [\"java\", \"-jar\", \"/app/app.jar\"]",
    "ENTRYPOINT python app.py",
    "HEALTHCHECK --interval=5s CMD curl -f http://localhost/ || exit 1",
    "HEALTHCHECK NONE",
    "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
    "SHELL [\"powershell\", \"-Command\"]",
    "LABEL a=b \\\n  # note\n  c=\"d e\"",
    "STOPSIGNAL SIGTERM",
    "MAINTAINER someone",
];

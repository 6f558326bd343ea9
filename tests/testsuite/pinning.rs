//! `--pin-digests` against a registry on this machine: one that the test plays, and Debian's package docker-registry.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::sandbox::{Run, Sandbox};

/// What `docker login` keeps for `me`, whose password is `secret`.
const LOGIN: &str = "bWU6c2VjcmV0";

/// A registry that gives tokens to those who log in.
struct Registry {
    port: u16,
    digest: Arc<Mutex<String>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let digest = Arc::new(Mutex::new(digest('a')));
        let shared = Arc::clone(&digest);
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), port, &shared.lock().unwrap());
            }
        });
        Self { port, digest }
    }
}

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// Answers one request, as the specification of tokens has it.
fn answer(mut stream: TcpStream, port: u16, digest: &str) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    let headers: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let has = |wanted: &str| headers.iter().any(|line| line.eq_ignore_ascii_case(wanted));
    let token = "{\"token\": \"abc\"}";
    let reply = if request
        .starts_with("GET /token?service=played&scope=repository%3Ateam%2Fapp%3Apull ")
    {
        if has(&format!("authorization: Basic {LOGIN}")) {
            format!(
                "200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{token}",
                token.len()
            )
        } else {
            "401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
        }
    } else if !has("authorization: Bearer abc") {
        format!(
            "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"played\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    } else if request.starts_with("HEAD /v2/team/app/manifests/1 ") {
        format!(
            "200 OK\r\nDocker-Content-Digest: {digest}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        )
    } else {
        "404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
    };
    stream
        .write_all(format!("HTTP/1.1 {reply}").as_bytes())
        .unwrap();
}

/// A Dockerfile on `image`, and a login for the registry on `port`.
fn sandbox(port: u16, login: &str, dockerfile: &str) -> Sandbox {
    let config = format!("{{\"auths\": {{\"127.0.0.1:{port}\": {{\"auth\": \"{login}\"}}}}}}");
    Sandbox::new(&[
        ("Dockerfile", dockerfile),
        ("docker/config.json", &config),
        ("context/a", ""),
    ])
}

fn pin(sandbox: &Sandbox, args: &[&str]) -> Run {
    let args = [
        &["--pin-digests", "--context", "context", "Dockerfile"],
        args,
    ]
    .concat();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_dfopt"), &args);
    for proxy in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    let command = command.env("DOCKER_CONFIG", "docker").stdin(Stdio::null());
    Run::of(command.output().unwrap())
}

const REST: &str = "COPY a /\nUSER 65532\nENTRYPOINT [\"/a\"]\n";

#[test]
fn digests_are_pinned_and_brought_up_to_date() {
    let registry = Registry::start();
    let image = format!("127.0.0.1:{}/team/app:1", registry.port);
    let other = format!("{image}@{}", digest('f'));
    let text = format!(
        "FROM {other} AS author\nFROM {image} AS build\n# dfopt: ignore\nFROM {image} AS ignored\n# Ours.\nFROM {image}\n{REST}"
    );
    let sandbox = sandbox(registry.port, LOGIN, &text);
    let pinned = |digest: &str| {
        format!(
            "FROM {other} AS author\n# dfopt: pinned\nFROM {image}@{digest} AS build\n# dfopt: ignore\nFROM {image} AS ignored\n# Ours.\n# dfopt: pinned\nFROM {image}@{digest}\n{REST}"
        )
    };
    let run = pin(&sandbox, &["--write"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(sandbox.read("Dockerfile"), pinned(&digest('a')));
    assert_eq!(
        pin(&sandbox, &["--check"]).code,
        0,
        "a second run has nothing to do"
    );
    *registry.digest.lock().unwrap() = digest('b');
    let run = pin(&sandbox, &["--write"]);
    assert!(
        run.err.contains("another digest today") || run.out.contains("another digest today"),
        "{run:?}"
    );
    assert_eq!(sandbox.read("Dockerfile"), pinned(&digest('b')));
}

#[test]
fn what_a_registry_does_not_give_is_said_and_stays() {
    let registry = Registry::start();
    let cases = [
        (
            format!("127.0.0.1:{}/team/app:1", registry.port),
            "bWU6d3Jvbmc=",
            "docker login",
        ),
        (
            format!("127.0.0.1:{}/team/app:2", registry.port),
            LOGIN,
            "has no team/app:2",
        ),
        (
            "127.0.0.1:9/team/app:1".to_owned(),
            LOGIN,
            "cannot be reached",
        ),
    ];
    for (image, login, message) in cases {
        let text = format!("FROM {image}\n{REST}");
        let sandbox = sandbox(registry.port, login, &text);
        let run = pin(&sandbox, &["--write"]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(message), "{run:?}");
        assert!(!run.err.contains(login), "a login is never shown");
        assert_eq!(sandbox.read("Dockerfile"), text);
    }
}

/// Ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs the program docker-registry: cargo test --test testsuite -- --ignored a_real_registry"]
fn a_real_registry_is_asked() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let image = format!("127.0.0.1:{port}/team/app:1");
    let sandbox = sandbox(port, LOGIN, &format!("FROM {image}\n{REST}"));
    let folder = sandbox.path("store");
    let settings = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n",
        folder.display()
    );
    sandbox.put("registry.yml", settings);
    let mut server = Command::new("docker-registry");
    server
        .args(["serve", "registry.yml"])
        .current_dir(sandbox.path("."));
    let _server = Server(
        server
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let manifest = push(port);
    let run = pin(&sandbox, &["--write"]);
    assert_eq!(run.code, 0, "{run:?}");
    let pinned = sandbox.read("Dockerfile");
    assert!(
        pinned.contains(&format!("# dfopt: pinned\nFROM {image}@{manifest}\n")),
        "{pinned}"
    );
}

/// Puts an image without layers into the registry, and tells its digest.
fn push(port: u16) -> String {
    let config = "{}";
    let blob = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let manifest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"config\":{{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"size\":2,\"digest\":\"{blob}\"}},\"layers\":[]}}"
    );
    let started = (0..50).any(|_| {
        thread::sleep(Duration::from_millis(100));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(started, "the registry does not start");
    let place = header(
        &send(port, "POST /v2/team/app/blobs/uploads/", "text/plain", ""),
        "location",
    );
    let place = place.split_once(&format!(":{port}")).unwrap().1.to_owned();
    send(
        port,
        &format!("PUT {place}&digest={blob}"),
        "application/octet-stream",
        config,
    );
    header(
        &send(port, "PUT /v2/team/app/manifests/1", kind, &manifest),
        "docker-content-digest",
    )
}

/// The head of the answer to a request.
fn send(port: u16, request: &str, kind: &str, body: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect()
}

fn header(head: &[String], name: &str) -> String {
    let mut values = head.iter().filter_map(|line| line.split_once(": "));
    let found = values.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found
        .unwrap_or_else(|| panic!("no {name} in {head:?}"))
        .1
        .to_owned()
}

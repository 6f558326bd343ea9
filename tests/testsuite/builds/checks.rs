//! Runs an image and looks at what it does.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread::sleep;
use std::time::{Duration, Instant};

use dfopt::prove::engines::Image;

use super::case::{Request, Run, Serve};
use super::engine::{Container, Engine};

/// How long a server may take to answer, and a health check to succeed.
const PATIENCE: Duration = Duration::from_secs(40);

/// Whether a program that ends does what it has to.
pub(crate) fn run(engine: &Engine, check: &Run, image: &Image<'_>) -> Result<(), String> {
    let said = engine.run(image, &check.options, &check.command)?;
    let printed = said.out.trim();
    let told = || format!("printed {printed:?}, and {:?}", said.err.trim());
    if said.code != check.exit {
        let code = said.code;
        return Err(format!(
            "exit code {code} and not {}: {}",
            check.exit,
            told()
        ));
    }
    if check.prints.as_ref().is_some_and(|text| text != printed) {
        return Err(format!("not what it has to print: {}", told()));
    }
    match check.contains.iter().find(|part| !printed.contains(*part)) {
        Some(part) => Err(format!("no {part:?}: {}", told())),
        None => Ok(()),
    }
}

/// Whether a server answers as it has to.
pub(crate) fn serve(engine: &Engine, check: &Serve, image: &Image<'_>) -> Result<(), String> {
    let mut options = check.options.clone();
    options.push(format!("--publish=127.0.0.1::{}", check.port));
    if check.healthy {
        options.push("--health-interval=1s".to_owned());
    }
    let container = engine.start(image, &options)?;
    answers(check, &container).map_err(|error| format!("{error}; its log:\n{}", container.log()))
}

fn answers(check: &Serve, container: &Container) -> Result<(), String> {
    let address = wait(check, container)?;
    for request in &check.request {
        answer(request, &address)?;
    }
    if !check.healthy || container.state("Health")? == "null" {
        return Ok(());
    }
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        match container.state("Health.Status")?.as_str() {
            "healthy" => return Ok(()),
            "unhealthy" => break,
            _ => sleep(Duration::from_millis(200)),
        }
    }
    Err(format!("not healthy: {}", container.state("Health")?))
}

/// The address, as soon as the first request is answered.
fn wait(check: &Serve, container: &Container) -> Result<String, String> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if container.state("Running")? != "true" {
            return Err(format!("ended: exit {}", container.state("ExitCode")?));
        }
        if let Ok(address) = container.address(check.port)
            && send(&check.request[0], &address).is_ok_and(|(status, _)| status != 0)
        {
            return Ok(address);
        }
        sleep(Duration::from_millis(100));
    }
    Err("does not answer".to_owned())
}

fn answer(request: &Request, address: &str) -> Result<(), String> {
    let path = &request.path;
    let (status, text) = send(request, address).map_err(|error| format!("{path}: {error}"))?;
    let lacks = request.contains.iter().find(|part| !text.contains(*part));
    match lacks {
        _ if status != request.status => Err(format!("{path}: status {status}: {text}")),
        Some(part) => Err(format!("{path}: no {part:?} in {text}")),
        None => Ok(()),
    }
}

/// Sends one request; the status and the whole answer.
fn send(request: &Request, address: &str) -> io::Result<(u16, String)> {
    let wrong = || io::Error::other(format!("no address: {address}"));
    let address = address.to_socket_addrs()?.next().ok_or_else(wrong)?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(3))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (path, sends) = (&request.path, &request.sends);
    let head = match &request.body {
        None => format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n"),
        Some(body) => format!(
            "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: {sends}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    };
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {text:?}")))?;
    Ok((status, text))
}

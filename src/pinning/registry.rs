//! Digests from registries: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>, with the logins of
//! <https://distribution.github.io/distribution/spec/auth/token/>.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::credentials::Credentials;
use super::reference::Reference;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an answer may take, all of it.
const ANSWER: Duration = Duration::from_secs(20);

/// What a tag may stand for: lists of images for several platforms first.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

type Answer = Result<String, String>;

/// All registries. Each image is asked for once.
pub(super) struct Registry {
    agent: Agent,
    credentials: Credentials,
    known: Mutex<HashMap<Reference, Answer>>,
}

impl Registry {
    pub(super) fn new() -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .http_status_as_error(false)
            .user_agent(concat!("dfopt/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self {
            agent: config.new_agent(),
            credentials: Credentials::of_user(),
            known: Mutex::default(),
        }
    }

    /// The digest that `image`, a reference without one, stands for.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(super) fn digest(&self, image: &str) -> Answer {
        let reference = Reference::parse(image);
        // One at a time: several files name the same image.
        let mut known = self
            .known
            .lock()
            .map_err(|_| "another file has failed".to_owned())?;
        if let Some(answer) = known.get(&reference) {
            return answer.clone();
        }
        let answer = self.ask(&reference);
        known.insert(reference, answer.clone());
        answer
    }

    fn ask(&self, reference: &Reference) -> Answer {
        let url = format!(
            "{}/v2/{}/manifests/{}",
            reference.address(),
            reference.repository,
            reference.tag
        );
        let mut login = None;
        let mut answer = self.head(&url, None, reference)?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            login = Some(self.login(&answer, reference)?);
            answer = self.head(&url, login.as_deref(), reference)?;
        }
        check(&answer, reference)?;
        if let Some(digest) = header(&answer, "docker-content-digest") {
            return checked(digest);
        }
        // Old registries do not say it: it is the digest of the manifest's bytes.
        let mut answer = self.get(&url, login.as_deref(), reference)?;
        check(&answer, reference)?;
        let bytes = answer
            .body_mut()
            .read_to_vec()
            .map_err(|error| unreachable(reference, &error))?;
        let mut digest = "sha256:".to_owned();
        for byte in Sha256::digest(&bytes) {
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(digest)
    }

    fn head(
        &self,
        url: &str,
        login: Option<&str>,
        reference: &Reference,
    ) -> Result<Response<Body>, String> {
        let mut request = self.agent.head(url).header("Accept", MANIFESTS);
        if let Some(login) = login {
            request = request.header("Authorization", login);
        }
        request
            .call()
            .map_err(|error| unreachable(reference, &error))
    }

    fn get(
        &self,
        url: &str,
        login: Option<&str>,
        reference: &Reference,
    ) -> Result<Response<Body>, String> {
        let mut request = self.agent.get(url).header("Accept", MANIFESTS);
        if let Some(login) = login {
            request = request.header("Authorization", login);
        }
        request
            .call()
            .map_err(|error| unreachable(reference, &error))
    }

    /// The `Authorization` that a registry asks for.
    fn login(&self, answer: &Response<Body>, reference: &Reference) -> Result<String, String> {
        let wanted = header(answer, "www-authenticate").unwrap_or_default();
        let basic = self.credentials.basic(&reference.host)?;
        let (scheme, rest) = wanted.split_once(' ').unwrap_or((wanted, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.token(&Challenge::read(rest), basic.as_deref(), reference);
        }
        let basic = basic
            .ok_or_else(|| format!("{0} asks for a login: `docker login {0}`", reference.host))?;
        Ok(format!("Basic {basic}"))
    }

    /// The token that a registry asks for, from where it says.
    fn token(
        &self,
        challenge: &Challenge<'_>,
        basic: Option<&str>,
        reference: &Reference,
    ) -> Result<String, String> {
        let host = &reference.host;
        let odd = || format!("{host} asks for a login in a way that dfopt does not know");
        let scope = format!("repository:{}:pull", reference.repository);
        let mut request = self.agent.get(challenge.value("realm").ok_or_else(odd)?);
        if let Some(service) = challenge.value("service") {
            request = request.query("service", service);
        }
        request = request.query("scope", challenge.value("scope").unwrap_or(&scope));
        if let Some(basic) = basic {
            request = request.header("Authorization", format!("Basic {basic}"));
        }
        let mut answer = request
            .call()
            .map_err(|error| unreachable(reference, &error))?;
        check(&answer, reference)?;
        let text = answer
            .body_mut()
            .read_to_string()
            .map_err(|error| unreachable(reference, &error))?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| odd())?;
        let token = answer
            .get("token")
            .or_else(|| answer.get("access_token"))
            .and_then(Value::as_str);
        Ok(format!("Bearer {}", token.ok_or_else(odd)?))
    }
}

/// What a registry asks for: `realm="https://…",service="…"`.
struct Challenge<'h>(Vec<(&'h str, &'h str)>);

impl<'h> Challenge<'h> {
    fn read(text: &'h str) -> Self {
        let mut pairs = Vec::new();
        let mut rest = text;
        while let Some((name, behind)) = rest.split_once("=\"") {
            let Some((value, behind)) = behind.split_once('"') else {
                break;
            };
            pairs.push((name.trim_start_matches([',', ' ']), value));
            rest = behind;
        }
        Self(pairs)
    }

    fn value(&self, name: &str) -> Option<&'h str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

fn header<'a>(answer: &'a Response<Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// Whether a registry has answered with what it was asked for.
fn check(answer: &Response<Body>, reference: &Reference) -> Result<(), String> {
    let Reference {
        host,
        repository,
        tag,
    } = reference;
    match answer.status() {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND => Err(format!("{host} has no {repository}:{tag}")),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(format!(
            "{host} does not give {repository} to this login, or there is none: `docker login {host}`"
        )),
        StatusCode::TOO_MANY_REQUESTS => Err(format!(
            "{host} has been asked too often; try again later, or log in"
        )),
        status => Err(format!("{host} answers with {status}")),
    }
}

/// A digest that can be written into a Dockerfile.
fn checked(digest: &str) -> Answer {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest
        .then(|| digest.to_owned())
        .ok_or_else(|| format!("the registry gives `{digest}` for a digest"))
}

fn unreachable(reference: &Reference, error: &ureq::Error) -> String {
    format!(
        "{} cannot be reached ({error}); --pin-digests needs the network",
        reference.host
    )
}

#[cfg(test)]
mod tests {
    use super::{Challenge, checked};

    #[test]
    fn challenges_are_read() {
        let challenge = Challenge::read(
            r#"realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
        );
        assert_eq!(
            challenge.value("realm"),
            Some("https://auth.docker.io/token")
        );
        assert_eq!(challenge.value("Scope"), Some("repository:a/b:pull,push"));
        assert_eq!(challenge.value("error"), None);
    }

    #[test]
    fn only_digests_are_written_into_files() {
        assert!(checked(&format!("sha256:{}", "a1".repeat(32))).is_ok());
        assert!(checked("sha256:12\nRUN evil").is_err());
    }
}

//! What `docker login` has left: <https://docs.docker.com/reference/cli/docker/login/#configure-the-credential-store>.

use std::env;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The configuration of Docker.
pub(super) struct Credentials {
    config: Value,
}

impl Credentials {
    /// Those of the user: `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`.
    pub(super) fn of_user() -> Self {
        let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(env::home_dir()?.join(".docker")));
        let text = folder.and_then(|folder| fs::read_to_string(folder.join("config.json")).ok());
        let config = text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            config: config.unwrap_or_default(),
        }
    }

    /// The value of an `Authorization` header of the kind `Basic` for `host`, without its first word.
    ///
    /// # Errors
    /// When they are kept in a way that is not understood.
    pub(super) fn basic(&self, host: &str) -> Result<Option<String>, String> {
        let names = names(host);
        if let Some(helper) = self.helper(&names) {
            return from_helper(helper, &names[0]);
        }
        let entries = self.config.get("auths").and_then(Value::as_object);
        let entry = entries.and_then(|entries| names.iter().find_map(|name| entries.get(name)));
        let Some(entry) = entry else { return Ok(None) };
        let text = |key: &str| {
            entry
                .get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        if text("identitytoken").is_some() {
            return Err(format!(
                "the login for {host} is an identity token, which dfopt does not use"
            ));
        }
        let pair = || Some(encoded(text("username")?, text("password")?));
        Ok(text("auth").map(str::to_owned).or_else(pair))
    }

    /// The program that keeps what belongs to a host.
    fn helper(&self, names: &[String]) -> Option<&str> {
        let helpers = self.config.get("credHelpers");
        let own = names.iter().find_map(|name| helpers?.get(name)?.as_str());
        own.or_else(|| self.config.get("credsStore")?.as_str())
    }
}

/// The names under which a login for `host` may be kept.
fn names(host: &str) -> Vec<String> {
    if host == "docker.io" {
        return vec![
            "https://index.docker.io/v1/".to_owned(),
            "docker.io".to_owned(),
        ];
    }
    vec![
        host.to_owned(),
        format!("https://{host}"),
        format!("https://{host}/v1/"),
        format!("https://{host}/v2/"),
    ]
}

fn encoded(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// What `docker-credential-<helper>` keeps for the server `name`: nothing when it does not know it.
fn from_helper(helper: &str, name: &str) -> Result<Option<String>, String> {
    let program = format!("docker-credential-{helper}");
    let failed = |error: std::io::Error| format!("{program} does not start: {error}");
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(name.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Ok(None);
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("{program} answers with something else than credentials"))?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    Ok(text("Username")
        .zip(text("Secret"))
        .map(|(user, secret)| encoded(user, secret)))
}

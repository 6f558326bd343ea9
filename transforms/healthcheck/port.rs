//! Which port the server opens.

use std::collections::BTreeSet;

use crate::analysis::runtime;
use crate::knowledge::health::Server;
use crate::transform::{Evidence, Place, Refusal};

use super::Site;
use super::server::Found;

/// The port that is asked.
pub(super) struct Port {
    pub(super) number: u16,
    /// A variable of the environment that names it, whatever its value is when the container starts.
    pub(super) variable: Option<String>,
    /// What says so.
    pub(super) because: Option<Evidence>,
}

/// Ports on which servers speak TLS: IANA's `https` and its usual stand-in.
const TLS: [u16; 2] = [443, 8443];

impl Site<'_, '_> {
    pub(super) fn port(&self, found: &Found<'_>) -> Result<Port, Refusal> {
        let words = &found.arguments;
        let has = |options: &[String]| {
            words.iter().any(|word| {
                options
                    .iter()
                    .any(|option| word.split('=').next() == Some(option))
            })
        };
        let exposed = self.exposed();
        let named = named(found.server, words);
        let set = self.variable(found.server);
        let default = found
            .server
            .port
            .filter(|_| !has(&found.server.set_elsewhere) && !has(&found.server.port_options));
        let port = match (named, &set) {
            (Some(number), _) => Port {
                number,
                variable: None,
                because: None,
            },
            (None, Some((variable, number))) => Port {
                number: *number,
                variable: Some(variable.clone()),
                because: None,
            },
            (None, None) if words.iter().any(|word| names_socket(word)) => {
                let message = "the server opens a socket of the file system, and no port";
                return Err(self.refuse("unknown-port", message));
            }
            (None, None) => self.unnamed(default, &exposed)?,
        };
        if TLS.contains(&port.number) || has(&found.server.tls_options) {
            return Err(self.refuse(
                "tls",
                "the server speaks TLS, and a certificate for 127.0.0.1 is not to be expected",
            ));
        }
        if !exposed.is_empty() && !exposed.contains(&port.number) {
            let message = format!(
                "the server opens port {}, and EXPOSE names {}",
                port.number,
                list(&exposed)
            );
            return Err(self.refuse("other-port", message));
        }
        Ok(port)
    }

    /// The port of a server whose command line does not name it.
    fn unnamed(&self, default: Option<u16>, exposed: &BTreeSet<u16>) -> Result<Port, Refusal> {
        let number = match (default, exposed.len()) {
            (Some(default), _) => default,
            (None, 1) => exposed.iter().copied().next().unwrap_or_default(),
            (None, 0) => {
                let message = "nothing says which port the server opens: name it with EXPOSE";
                return Err(self.refuse("unknown-port", message));
            }
            (None, _) => {
                let message = format!(
                    "EXPOSE names several ports ({}), and nothing says which of them answers over HTTP",
                    list(exposed)
                );
                return Err(self.refuse("several-ports", message));
            }
        };
        let because = default.map(|_| Evidence {
            place: Place::Table("health"),
            note: format!("the server opens port {number} when nothing else is said"),
        });
        Ok(Port {
            number,
            variable: None,
            because,
        })
    }

    /// The TCP ports of `EXPOSE`.
    fn exposed(&self) -> BTreeSet<u16> {
        let ports = runtime::of_stage(self.cx.facts, self.stage).ports;
        let number = |port: &String| match port.split_once('/') {
            Some((number, "tcp")) => number.parse().ok(),
            Some(_) => None,
            None => port.parse().ok(),
        };
        ports.iter().filter_map(number).collect()
    }

    /// The variable of the environment that names the port, and its value.
    fn variable(&self, server: &Server) -> Option<(String, u16)> {
        let state = self.cx.facts.state_after(self.stage);
        server.port_variables.iter().find_map(|name| {
            let number = state.fixed_value(name)?.parse().ok()?;
            Some((name.clone(), number))
        })
    }
}

/// The port in the arguments of `server`.
fn named(server: &Server, words: &[String]) -> Option<u16> {
    let number = |value: &str| value.rsplit(':').next()?.parse::<u16>().ok();
    for (nth, word) in words.iter().enumerate() {
        let (option, value) = word.split_once('=').unwrap_or((word, ""));
        let value = if value.is_empty() {
            words.get(nth + 1).map_or("", String::as_str)
        } else {
            value
        };
        if server.port_options.iter().any(|own| own == option)
            && let Some(number) = number(value)
        {
            return Some(number);
        }
    }
    let is_address = |word: &&String| word.contains(':') && number(word).is_some();
    let address = words.iter().find(is_address).or(words.last());
    number(address.filter(|_| server.has_address)?)
}

/// Whether an argument names a Unix socket: `unix:/run/app.sock`, `--uds=/run/app.sock`.
fn names_socket(word: &str) -> bool {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    value.starts_with("unix:") || value.ends_with(".sock") || value.ends_with(".socket")
}

fn list(ports: &BTreeSet<u16>) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    ports.join(", ")
}

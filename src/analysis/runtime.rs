//! The configuration with which a container of a stage starts.

use std::collections::{BTreeMap, BTreeSet};

use super::stages::{Base, Stage};
use super::{Facts, builder};
use crate::syntax::{Expander, Form, Healthcheck, Kind, Lookup, Span, View, Word};

/// What `docker inspect` shows of an image, as far as the Dockerfile sets it.
///
/// What the base image sets is not known; it is named by `base`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RuntimeConfig {
    /// The image under all stages.
    pub base: String,
    /// `CMD`, with the shell that reads it when it is a shell form.
    pub cmd: Option<String>,
    /// `ENTRYPOINT`, likewise.
    pub entrypoint: Option<String>,
    /// `ENV`, with variables replaced where their values are known.
    pub env: BTreeMap<String, String>,
    /// `LABEL`, likewise.
    pub labels: BTreeMap<String, String>,
    /// `EXPOSE`.
    pub ports: BTreeSet<String>,
    /// `VOLUME`.
    pub volumes: BTreeSet<String>,
    /// `USER`, likewise.
    pub user: Option<String>,
    /// `WORKDIR`, resolved as far as it is known.
    pub workdir: String,
    /// `HEALTHCHECK`, with the shell that reads it when it is a shell form.
    pub healthcheck: Option<String>,
    /// `STOPSIGNAL`.
    pub stopsignal: Option<String>,
    /// `SHELL`, as written.
    pub shell: Option<String>,
    /// `ONBUILD`, in order.
    pub onbuild: Vec<String>,
    /// `MAINTAINER`.
    pub maintainer: Option<String>,
}

/// The configuration at the end of `stage`.
#[must_use]
pub fn of_stage(facts: &Facts<'_>, stage: &Stage) -> RuntimeConfig {
    let mut config = match &stage.base {
        Base::Stage(parent) => RuntimeConfig {
            onbuild: Vec::new(),
            ..of_stage(facts, &facts.stages[*parent])
        },
        Base::Image(reference) => RuntimeConfig {
            base: reference.clone(),
            ..RuntimeConfig::default()
        },
        Base::Scratch => RuntimeConfig {
            base: "scratch".to_owned(),
            ..RuntimeConfig::default()
        },
        Base::Unknown => {
            let raw = facts.views[stage.from]
                .body
                .text(&facts.views[stage.from].logical.text);
            RuntimeConfig {
                base: raw.to_owned(),
                ..RuntimeConfig::default()
            }
        }
    };
    let mut cmd_seen = false;
    for index in stage.body.clone() {
        cmd_seen |= matches!(facts.views[index].kind, Kind::Cmd { .. });
        apply(&mut config, facts, index, cmd_seen);
    }
    config.workdir = facts.state_after(stage).workdir;
    config
}

fn apply(config: &mut RuntimeConfig, facts: &Facts<'_>, index: usize, cmd_seen: bool) {
    let view = &facts.views[index];
    let text = |word: &Word| facts.expanded(index, word);
    match &view.kind {
        Kind::Cmd { form } => config.cmd = Some(command(view, form, config)),
        Kind::Entrypoint { form } => {
            config.entrypoint = Some(command(view, form, config));
            // An ENTRYPOINT forgets the CMD that the stage inherited, but not its own.
            if !cmd_seen {
                config.cmd = None;
            }
        }
        Kind::Env { pairs, .. } => config.env.extend(
            pairs
                .iter()
                .map(|pair| (text(&pair.key), value(facts, index, &pair.value))),
        ),
        Kind::Label { pairs, .. } => config.labels.extend(
            pairs
                .iter()
                .map(|pair| (text(&pair.key), value(facts, index, &pair.value))),
        ),
        Kind::Expose { ports } => config
            .ports
            .extend(ports.iter().map(|port| exposed(text(port)))),
        Kind::Volume { paths, .. } => config.volumes.extend(paths.iter().map(text)),
        Kind::User(user) => config.user = Some(text(user)),
        Kind::Healthcheck(Healthcheck::None) => config.healthcheck = Some(arguments(view)),
        Kind::Healthcheck(Healthcheck::Cmd { form }) => {
            config.healthcheck = Some(command(view, form, config));
        }
        Kind::Stopsignal(signal) => config.stopsignal = Some(text(signal)),
        Kind::Shell { .. } => config.shell = Some(arguments(view)),
        Kind::Onbuild { .. } => config.onbuild.push(arguments(view)),
        Kind::Maintainer(_) => config.maintainer = Some(arguments(view)),
        _ => {}
    }
}

/// A port as `BuildKit` writes it down: the protocol in lower case.
fn exposed(port: String) -> String {
    match port.rsplit_once('/') {
        Some((number, protocol)) => format!("{number}/{}", protocol.to_lowercase()),
        None => port,
    }
}

/// A value with its variables replaced; where one of them is not known, all stay as they are written, but for the
/// quotes around them.
fn value(facts: &Facts<'_>, index: usize, word: &Word) -> String {
    let expander = Expander::new(facts.file.escape());
    let known = builder::expand(&expander, &word.raw, &|name| {
        facts.states[index].known(name)
    });
    known.unwrap_or_else(|| without_quotes(&expander, &word.raw))
}

/// `raw` without quotes and escapes, its variables as they are written.
fn without_quotes(expander: &Expander, raw: &str) -> String {
    const PLACE: char = '\u{1}';
    let mut outer: Vec<Span> = Vec::new();
    let mut found: Vec<Span> = (expander.references(raw).iter())
        .map(|reference| reference.span)
        .collect();
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    for span in found {
        if outer.last().is_none_or(|last| last.end <= span.start) {
            outer.push(span);
        }
    }
    let mut marked = raw.to_owned();
    for span in outer.iter().rev() {
        marked.replace_range(span.start..span.end, &PLACE.to_string());
    }
    let Some(plain) = expander.expand(&marked, &|_| Lookup::Unset).value() else {
        return raw.to_owned();
    };
    let mut variables = outer.iter().map(|span| span.text(raw));
    let back = plain.split(PLACE).map(|part| {
        let variable = variables.next().unwrap_or_default();
        format!("{part}{variable}")
    });
    back.collect()
}

/// Everything behind the keyword.
fn arguments(view: &View<'_>) -> String {
    let flags = view
        .flags
        .first()
        .map_or(view.body.start, |flag| flag.span.start);
    view.logical.text[flags..view.body.end].to_owned()
}

/// A command line, with the shell in front if one reads it: a later `SHELL` does not change it.
fn command(view: &View<'_>, form: &Form, config: &RuntimeConfig) -> String {
    match form {
        Form::Exec(_) => arguments(view),
        Form::Shell(_) => format!(
            "{} {}",
            config.shell.as_deref().unwrap_or("<shell>"),
            arguments(view)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_go_and_variables_stay() {
        let value = |raw| without_quotes(&Expander::new('\\'), raw);
        assert_eq!(value("a $B c"), "a $B c");
        assert_eq!(value("\"a $B c\""), "a $B c");
        assert_eq!(value("\"${A:-b ${C}}\"'$D'\\ e"), "${A:-b ${C}}$D e");
        assert_eq!(value("$A$B"), "$A$B");
    }
}

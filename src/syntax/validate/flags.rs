//! The flags that each instruction takes, and their values.

use super::super::command::{Command, Flag};
use super::super::error::Complaint;
use super::super::keyword::Keyword;
use super::{Checked, suggest};

/// How a flag is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `--link`, `--link=true` or `--link=false`, once.
    Switch,
    /// With a value, once.
    Value,
    /// With a value, any number of times.
    Values,
}

/// The flags that `BuildKit` knows for an instruction.
fn known(keyword: Keyword) -> &'static [(&'static str, Shape)] {
    use Shape::{Switch, Value, Values};
    match keyword {
        Keyword::From => &[("platform", Value)],
        Keyword::Run => &[
            ("mount", Values),
            ("network", Value),
            ("security", Value),
            ("device", Values),
        ],
        Keyword::Copy => &[
            ("from", Value),
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("parents", Switch),
            ("exclude", Values),
        ],
        Keyword::Add => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("keep-git-dir", Switch),
            ("checksum", Value),
            ("unpack", Switch),
            ("exclude", Values),
        ],
        Keyword::Healthcheck => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        _ => &[],
    }
}

/// Checks the flags of an instruction.
pub(super) fn check(keyword: Keyword, command: &Command) -> Checked {
    let known = known(keyword);
    for (index, flag) in command.flags.iter().enumerate() {
        let Some((_, shape)) = known.iter().find(|(name, _)| *name == flag.name) else {
            return Err(unknown_flag(flag, known));
        };
        let repeated = command.flags[..index]
            .iter()
            .any(|earlier| earlier.name == flag.name);
        if repeated && *shape != Shape::Values {
            let message = format!("duplicate flag specified: --{}", flag.name);
            return Err(Complaint::new(flag.span, message, "keep one of them"));
        }
        check_shape(flag, *shape)?;
    }
    if keyword == Keyword::Run {
        check_run_values(command)
    } else {
        Ok(())
    }
}

fn unknown_flag(flag: &Flag, known: &[(&str, Shape)]) -> Complaint {
    let advice = match suggest::nearest(&flag.name, known.iter().map(|(name, _)| *name)) {
        Some(name) => format!("did you mean --{name}?"),
        None => "flags of the command itself belong behind its name".to_owned(),
    };
    Complaint::new(flag.span, format!("unknown flag: --{}", flag.name), advice)
}

fn check_shape(flag: &Flag, shape: Shape) -> Checked {
    match (shape, &flag.value) {
        (Shape::Switch, Some(value)) if !value.is_empty() => {
            if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
                return Ok(());
            }
            let message = format!(
                "expecting boolean value for flag --{}, not: {value}",
                flag.name
            );
            Err(Complaint::new(flag.span, message, "write true or false"))
        }
        (Shape::Switch, None) | (Shape::Value | Shape::Values, Some(_)) => Ok(()),
        _ => Err(Complaint::new(
            flag.span,
            format!("missing a value on flag: --{}", flag.name),
            format!(
                "write `--{}=<value>`, without blanks around the `=`",
                flag.name
            ),
        )),
    }
}

fn check_run_values(command: &Command) -> Checked {
    for flag in &command.flags {
        let value = flag.value.as_deref().unwrap_or_default();
        let problem = match flag.name.as_str() {
            "mount" => mount_problem(value),
            "device" => {
                csv_problem(value).map(|problem| format!("failed to parse csv devices: {problem}"))
            }
            "network" if !matches!(value, "default" | "none" | "host") => {
                Some(format!("invalid network mode {value:?}"))
            }
            "security" if !matches!(value, "sandbox" | "insecure") => {
                Some(format!("security {value:?} is not valid"))
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(Complaint::new(
                flag.span,
                problem,
                "see the reference of RUN for its values",
            ));
        }
    }
    Ok(())
}

/// What is wrong with a mount as far as it can be told before variables are expanded.
fn mount_problem(value: &str) -> Option<String> {
    if let Some(problem) = csv_problem(value) {
        return Some(format!("failed to parse csv mounts: {problem}"));
    }
    value.split(',').find_map(|field| {
        let (key, value) = field.split_once('=')?;
        let variable = value.find('$').is_some_and(|at| at + 1 < value.len());
        (key.eq_ignore_ascii_case("from") && variable).then(|| {
            format!("'{key}' doesn't support variable expansion, define alias stage instead")
        })
    })
}

/// What makes `value` no line of comma-separated values.
fn csv_problem(value: &str) -> Option<&'static str> {
    let mut rest = value;
    loop {
        let field_end = match rest.strip_prefix('"') {
            Some(quoted) => match closing_quote(quoted) {
                Some(end) => end + 2,
                None => return Some("extraneous or missing \" in quoted-field"),
            },
            None => rest.find(',').unwrap_or(rest.len()),
        };
        let (field, behind) = rest.split_at(field_end);
        if !field.starts_with('"') && field.contains('"') {
            return Some("bare \" in non-quoted-field");
        }
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind.is_empty() => return None,
            None => return Some("extraneous or missing \" in quoted-field"),
        }
    }
}

/// Where a quoted field ends; two quotes in a row stand for one.
fn closing_quote(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    loop {
        at += quoted[at..].find('"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Checks the values of a `HEALTHCHECK`'s flags.
pub(super) fn check_health_values(command: &Command) -> Checked {
    for flag in &command.flags {
        let value = flag.value.as_deref().unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        let problem = match flag.name.as_str() {
            "retries" => retries_problem(value),
            name => interval_problem(name, value),
        };
        if let Some((message, advice)) = problem {
            return Err(Complaint::new(flag.span, message, advice));
        }
    }
    Ok(())
}

fn retries_problem(value: &str) -> Option<(String, &'static str)> {
    match value.parse::<i32>() {
        Ok(0..) => None,
        Ok(negative) => Some((
            format!("--retries cannot be negative ({negative})"),
            "write a positive number",
        )),
        Err(_) => Some((
            format!("invalid --retries: {value:?}"),
            "write a whole number",
        )),
    }
}

fn interval_problem(name: &str, value: &str) -> Option<(String, &'static str)> {
    const ADVICE: &str = "write a duration such as 30s or 1m30s";
    match nanoseconds(value) {
        None => Some((format!("time: invalid duration {value:?}"), ADVICE)),
        Some(duration) if duration != 0.0 && duration < 1e6 => {
            Some((format!("Interval {name:?} cannot be less than 1ms"), ADVICE))
        }
        Some(_) => None,
    }
}

/// A duration as Go writes one: `1h15m30.5s`, or a bare `0`, with an optional sign.
fn nanoseconds(text: &str) -> Option<f64> {
    /// What fits into Go's 64-bit durations.
    const MAX: f64 = 9.223_372_036_854_775e18;
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(digits);
        let length = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, next) = behind.split_at(length);
        total += number.parse::<f64>().ok()? * unit_nanoseconds(unit)?;
        if next.is_empty() {
            return (total <= MAX).then_some(sign * total);
        }
        rest = next;
    }
}

fn unit_nanoseconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

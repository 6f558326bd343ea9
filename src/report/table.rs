//! A proof, for people.

use std::io::{self, Write};

use super::proof::{Check, Figures, Proof, Rebuild, TakenOut, Verdict};
use super::style::Palette;

/// Writes what came out for the file at `path`.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn write(
    out: &mut dyn Write,
    palette: &Palette,
    path: &str,
    proof: &Proof,
) -> io::Result<()> {
    for taken_out in &proof.taken_out {
        write_taken_out(out, palette, path, taken_out)?;
    }
    let Palette {
        path: bold,
        good,
        bad,
        ..
    } = *palette;
    let engine = &proof.engine;
    match proof.verdict {
        Verdict::Nothing => {
            return writeln!(out, "{bold}{path}{bold:#}  there is nothing to prove");
        }
        Verdict::NotProvable => {
            let reason = proof.reason.as_deref().unwrap_or_default();
            return writeln!(
                out,
                "{bold}{path}{bold:#}  {bad}not provable here{bad:#}, with {engine}: {reason}"
            );
        }
        Verdict::Proven => writeln!(
            out,
            "{bold}{path}{bold:#}  {good}proven{good:#} with {engine}"
        )?,
    }
    if let (Some(before), Some(after)) = (&proof.before, &proof.after) {
        write_figures(out, before, after, proof.changed_file.as_deref())?;
    }
    for check in &proof.checks {
        write_check(out, palette, check)?;
    }
    write_causes(out, palette, proof)
}

fn write_taken_out(
    out: &mut dyn Write,
    palette: &Palette,
    path: &str,
    one: &TakenOut,
) -> io::Result<()> {
    let Palette {
        path: bold,
        id,
        bad,
        ..
    } = *palette;
    let word = if one.refuted {
        "does not hold"
    } else {
        "not provable here"
    };
    writeln!(
        out,
        "{bold}{path}{bold:#}  {id}{}{id:#} {bad}[{word}]{bad:#} taken out: {}",
        one.id, one.message
    )?;
    one.why
        .lines()
        .try_for_each(|line| writeln!(out, "    {line}"))
}

fn write_figures(
    out: &mut dyn Write,
    before: &Figures,
    after: &Figures,
    changed: Option<&str>,
) -> io::Result<()> {
    let rows = figures(before, after, changed);
    let width = rows
        .iter()
        .map(|[name, ..]| name.chars().count())
        .max()
        .unwrap_or_default();
    writeln!(out, "  {:width$}  {:>14}  {:>14}", "", "before", "after")?;
    rows.iter().try_for_each(|[name, before, after]| {
        writeln!(out, "  {name:width$}  {before:>14}  {after:>14}")
    })
}

/// What was measured: its name, before, and after. `changed` is the file that changed for the second build.
pub(super) fn figures(
    before: &Figures,
    after: &Figures,
    changed: Option<&str>,
) -> Vec<[String; 3]> {
    let seconds = |seconds: f64| format!("{seconds:.1} s");
    let rebuild = |figures: &Figures, told: &dyn Fn(&Rebuild) -> String| {
        figures
            .rebuild
            .as_ref()
            .map_or_else(|| "does not build".to_owned(), told)
    };
    let steps = |rebuild: &Rebuild| format!("{} of {}", rebuild.steps_run, rebuild.steps);
    let user = |figures: &Figures| match figures.user.as_str() {
        "" => "root".to_owned(),
        user => user.to_owned(),
    };
    let row = |name: &str, told: &dyn Fn(&Figures) -> String| {
        [name.to_owned(), told(before), told(after)]
    };
    let mut rows = vec![
        row("size", &|figures| megabytes(figures.bytes)),
        row("layers", &|figures| figures.layers.to_string()),
        row("user", &user),
        row("cold build", &|figures| seconds(figures.cold_seconds)),
    ];
    if let Some(changed) = changed {
        let again = |figures: &Figures| rebuild(figures, &|one| seconds(one.seconds));
        rows.push(row(&format!("after a change of {changed}"), &again));
        rows.push(row("steps that run again", &|figures| {
            rebuild(figures, &steps)
        }));
    }
    rows
}

/// A size in megabytes of a million bytes, with one digit behind the point.
pub(super) fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

fn write_check(out: &mut dyn Write, palette: &Palette, check: &Check) -> io::Result<()> {
    let (style, word) = if check.ok {
        (palette.good, "ok")
    } else {
        (palette.bad, "no")
    };
    writeln!(
        out,
        "  {style}{word}{style:#}  {:13}  {}",
        check.name, check.says
    )?;
    let gutter = palette.gutter;
    let mut findings = check.findings.iter();
    findings.try_for_each(|finding| writeln!(out, "      {gutter}={gutter:#} {finding}"))
}

/// How many paths differ for which cause.
fn write_causes(out: &mut dyn Write, palette: &Palette, proof: &Proof) -> io::Result<()> {
    let gutter = palette.gutter;
    for group in &proof.files {
        let Some(cause) = group.cause else { continue };
        let by = cause.by.map_or_else(String::new, |by| format!(" ({by})"));
        let examples: Vec<&str> = group.listed.iter().take(3).map(String::as_str).collect();
        let more = if group.paths > examples.len() {
            " …"
        } else {
            ""
        };
        let size = match group.bytes {
            0 => String::new(),
            bytes => format!(", {}", megabytes(bytes)),
        };
        writeln!(
            out,
            "      {gutter}={gutter:#} {} {:?}{size}: {}{by}: {}{more}",
            group.paths,
            group.what,
            cause.why,
            examples.join(", "),
        )?;
    }
    Ok(())
}

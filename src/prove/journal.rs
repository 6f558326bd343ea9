//! Which rewrites hold. One that does not is found by the engine's own journal, taken out, and the rest tried again.

use super::engines::{Engine, Error};
use super::trial::{Bench, Trial};
use super::workspace::source_to_change;
use super::{Progress, Subject};
use crate::engine::{Outcome, Unwanted};
use crate::report::proof::{Proof, TakenOut, Verdict};

/// Proves the rewrites of `subject`. Answers with what is left of them, and with what was seen.
///
/// # Errors
/// When the engine fails, or the user interrupts. Nothing that was made is left behind.
pub fn prove(
    engine: &Engine,
    subject: &Subject<'_>,
    progress: &mut dyn Progress,
) -> Result<(Outcome, Proof), Error> {
    let mut outcome = (subject.optimize)(&[]);
    let mut proof = Proof {
        engine: engine.version().to_owned(),
        ..Proof::default()
    };
    if outcome.journal.is_empty() {
        return Ok((outcome, proof));
    }
    let mut bench = match Bench::new(engine, subject, progress) {
        Ok(bench) => bench,
        Err(Error::Build { missing_base, log }) => {
            proof.verdict = Verdict::NotProvable;
            let last = log.lines().last().unwrap_or_default();
            let broken = || format!("the file as it is does not build: {last}\n{log}");
            let reason = missing_base.unwrap_or_else(broken);
            proof.reason = Some(reason);
            return Ok((outcome, proof));
        }
        Err(error) => return Err(error),
    };
    let chosen = || source_to_change(subject.context, subject.knowledge);
    proof.changed_file = subject.wishes.change.clone().or_else(chosen);
    let changed = proof.changed_file.as_deref();
    proof.before = Some(bench.measure_before(changed)?);
    let mut unwanted: Vec<Unwanted> = Vec::new();
    while !outcome.journal.is_empty() {
        let trial = bench.try_out(&outcome.text, &outcome.journal, true)?;
        if let Trial::Fine(fine) = trial {
            let (image, side, examination) = *fine;
            let (text, journal) = (&outcome.text, &outcome.journal);
            proof.after = Some(bench.measure_after(&image, &side, text, journal, changed)?);
            if subject.wishes.each {
                proof.sizes = bench.sizes(&outcome, side.bytes())?;
            }
            proof.verdict = Verdict::Proven;
            proof.checks = examination.checks;
            proof.files = examination.files;
            break;
        }
        let taken_out = culprit(&mut bench, &outcome, trial)?;
        unwanted.push(Unwanted {
            id: taken_out.id,
            message: taken_out.message.clone(),
        });
        proof.taken_out.push(taken_out);
        outcome = (subject.optimize)(&unwanted);
    }
    Ok((outcome, proof))
}

/// The rewrite without which the ones before it hold, when all together have come to `whole`.
fn culprit(bench: &mut Bench<'_>, outcome: &Outcome, whole: Trial<'_>) -> Result<TakenOut, Error> {
    // The first `holds` rewrites hold, and the first `fails` do not.
    let (mut holds, mut fails) = (0, outcome.journal.len());
    let mut failure = whole;
    while fails - holds > 1 {
        let middle = holds + (fails - holds) / 2;
        match bench.try_out(
            outcome.text_after(middle),
            &outcome.journal[..middle],
            false,
        )? {
            Trial::Fine(_) => holds = middle,
            trial => (fails, failure) = (middle, trial),
        }
    }
    let entry = &outcome.journal[fails - 1];
    let (refuted, why) = match failure {
        Trial::NotProvable(why) => (false, why),
        Trial::Refuted(why) => (true, why),
        Trial::Fine(_) => (true, String::new()),
    };
    Ok(TakenOut {
        id: entry.id,
        message: entry.rewrite.message.clone(),
        refuted,
        why,
    })
}

//! The command line.
fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let knowledge = dfopt::knowledge::Knowledge::builtin();
    let dir = std::env::args().nth(2).map(std::path::PathBuf::from);
    let context = dir.and_then(|d| dfopt::context::BuildContext::open(&d, None).ok());
    let options = dfopt::engine::Options {
        transforms: dfopt::transforms::ALL.to_vec(),
        safety: dfopt::transform::Safety::Assumed,
        knowledge,
        context: context.as_ref(),
    };
    let outcome = dfopt::engine::optimize(&text, &options);
    print!(
        "{}",
        similar::TextDiff::from_lines(&text, &outcome.text).unified_diff()
    );
    for e in &outcome.journal {
        println!(
            "DID {} {}: {} {:?}",
            e.id,
            e.rewrite.safety(),
            e.rewrite.message,
            e.rewrite.assumes
        );
    }
    for e in &outcome.refusals {
        println!("NO {}/{}: {}", e.id, e.refusal.code, e.refusal.message);
    }
    for e in &outcome.defects {
        println!("DEFECT {e}");
    }
}

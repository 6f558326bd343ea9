use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
struct Args {
    /// Where notes are kept
    #[arg(long, env = "KEEPER_NOTES", default_value = "/var/lib/keeper")]
    notes: PathBuf,
}

fn main() {
    let args = Args::parse();
    std::fs::create_dir_all(&args.notes).expect("a folder for notes");
}

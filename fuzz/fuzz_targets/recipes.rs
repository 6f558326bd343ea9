#![no_main]

use libfuzzer_sys::fuzz_target;

// The bytes are no text but the choices of the cook: nearly every input is a file that BuildKit takes.
fuzz_target!(|choices: &[u8]| dfopt_fuzz::pipeline(&dfopt_fuzz::recipe(choices)));

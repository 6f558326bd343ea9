#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dfopt_fuzz::shell(&String::from_utf8_lossy(bytes)));

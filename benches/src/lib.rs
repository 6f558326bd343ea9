//! Benchmarks of dfopt beside its peers: see `benches/`.

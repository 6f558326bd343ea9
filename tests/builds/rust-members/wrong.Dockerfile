FROM rust:1-bookworm

WORKDIR /tea

COPY Cargo.toml Cargo.lock ./
COPY crates/leaf/Cargo.toml crates/leaf/
COPY crates/pot/Cargo.toml crates/pot/
COPY crates/stamp/Cargo.toml crates/stamp/
RUN mkdir -p crates/leaf/src crates/pot/src crates/stamp/src \
    && touch crates/leaf/src/lib.rs crates/stamp/src/lib.rs \
    && echo 'fn main() {}' | tee crates/pot/src/main.rs crates/pot/build.rs \
    && cargo build --release --locked --bin tea-pot
COPY . .

RUN cargo build --release --locked --bin tea-pot

CMD ["./target/release/tea-pot"]

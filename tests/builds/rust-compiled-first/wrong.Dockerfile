FROM rust:1
WORKDIR /usr/src/tea-house
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && touch src/lib.rs && echo 'fn main() {}' | tee src/main.rs build.rs && cargo build --release --locked
COPY . .
RUN cargo install --locked --path .
CMD ["tea-house"]

FROM rust:1-bookworm

WORKDIR /lamp

COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() { println!("dark"); }' > src/main.rs && cargo build --release
COPY src src
RUN touch src/main.rs

ENTRYPOINT ["/lamp/target/release/lamp"]
CMD ["low"]

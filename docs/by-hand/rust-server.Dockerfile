FROM rust:1 AS builder

WORKDIR /app

# the dependencies alone, with an empty program in place of the real one
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' >src/main.rs && cargo build --release --locked && rm -r src target/release/deps/stations-*

COPY . .
RUN touch src/main.rs && cargo build --release --locked

FROM gcr.io/distroless/cc-debian12:nonroot

WORKDIR /app

COPY data ./data
COPY --from=builder /app/target/release/stations ./target/release/stations

EXPOSE 8080

CMD ["./target/release/stations"]

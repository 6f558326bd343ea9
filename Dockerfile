# dfopt in an image: docker run --rm -v "$PWD:/work" dfopt --diff
# To write, run it as yourself: docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" dfopt --write

FROM rust:1-slim-bookworm AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin dfopt \
    && cp target/release/dfopt /usr/local/bin/

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=builder /usr/local/bin/dfopt /usr/local/bin/dfopt
WORKDIR /work
ENTRYPOINT ["dfopt"]

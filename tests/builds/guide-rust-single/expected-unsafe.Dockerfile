FROM rust:1-bookworm AS builder
COPY . /kettle
WORKDIR /kettle
RUN cargo build --release

FROM gcr.io/distroless/cc-debian12
WORKDIR /kettle
COPY --from=builder /kettle/target/release/kettle /kettle/target/release/kettle
USER 65532:65532
CMD ["./target/release/kettle"]

FROM debian:bookworm AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY kettle.c /src/kettle.c
RUN gcc -o /usr/local/bin/kettle /src/kettle.c
RUN apt-get purge -y gcc libc6-dev \
    && apt-get autoremove -y

FROM debian:bookworm-slim
RUN useradd --create-home --user-group --uid 10001 --no-log-init app
COPY --from=builder /usr/local/bin/kettle /usr/local/bin/kettle
USER 10001:10001
CMD ["kettle"]

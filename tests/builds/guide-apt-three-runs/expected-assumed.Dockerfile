FROM debian:bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends jq tree \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --user-group --uid 10001 --no-log-init app
COPY report.sh /usr/local/bin/report
USER 10001:10001
CMD ["sh", "/usr/local/bin/report"]

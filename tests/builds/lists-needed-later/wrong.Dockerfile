FROM debian:bookworm AS base
RUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*

FROM base AS tools
RUN apt-get install -y --no-install-recommends jq

FROM tools
COPY data.json /data.json
CMD ["jq", "-c", ".", "/data.json"]

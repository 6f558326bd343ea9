FROM debian:bookworm-slim AS runtime
FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY . .
RUN gcc -O2 -o hello hello.c

FROM debian:bookworm-slim
COPY --from=0 /src/hello /usr/local/bin/hello
CMD ["hello"]

FROM debian:bookworm
RUN apt-get update && rm -rf /var/lib/apt/lists/*
RUN useradd -m app
USER app
WORKDIR /home/app/work
COPY . .
RUN echo 'export GREETING=hi' >> ~/.profile
USER root
RUN apt-get install -y --no-install-recommends jq
RUN chown -R app: /home/app
USER app
CMD ["./run.sh"]

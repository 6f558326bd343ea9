FROM debian:bookworm
RUN useradd -m app
USER app
WORKDIR /home/app/work
COPY . .
RUN echo 'export GREETING=hi' >> ~/.profile
RUN apt-get update && apt-get install -y --no-install-recommends jq
RUN chown -R app: /home/app
USER app
CMD ["./run.sh"]

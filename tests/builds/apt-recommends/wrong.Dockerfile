FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl
RUN apt-get install -y --no-install-recommends xxd git
COPY run.sh /usr/local/bin/run.sh
CMD ["sh", "/usr/local/bin/run.sh"]

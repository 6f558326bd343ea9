FROM debian:bookworm
WORKDIR /things
RUN cd /tmp; umask 077; apt-get update || true; touch secret \
 && apt-get install -y --no-install-recommends jq \
 && export DEBIAN_FRONTEND=noninteractive; cd /etc && touch /things/here \
 && pwd > /things/where.txt; apt-get install -y --no-install-recommends tree; stat -c 'mode %a' /things/where.txt > /things/mode.txt
CMD ["sh", "-c", "cat where.txt; jq --version >/dev/null && echo jq ok; cat mode.txt"]

FROM debian:bookworm
WORKDIR /work
RUN cd /tmp; umask 077; apt-get update || true; touch secret \
 && apt-get install -y --no-install-recommends jq \
 && export DEBIAN_FRONTEND=noninteractive; cd /etc && touch /work/here \
 && pwd > /work/where.txt; apt-get install -y --no-install-recommends tree; stat -c 'mode %a' /work/where.txt > /work/mode.txt
CMD ["sh", "-c", "cat where.txt; jq --version >/dev/null && echo jq ok; cat mode.txt"]

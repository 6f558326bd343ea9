FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    ca-certificates curl wget git vim \
    sqlite3 jq \
    gettext-base tidy zip \
    imagemagick \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 app \
 && useradd --system --no-log-init --uid 10001 --gid app --home-dir /srv/report --no-create-home app

ENV OUTPUT=/srv/report/out
WORKDIR /srv/report

RUN mkdir -p out && chown app:app out

COPY . .

RUN chmod +x report.sh bin/*.sh

USER 10001:10001

ENTRYPOINT ["./report.sh"]
CMD ["all"]

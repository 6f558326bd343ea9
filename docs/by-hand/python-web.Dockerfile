FROM python:3.11 AS builder

RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential libpcre3-dev \
 && rm -rf /var/lib/apt/lists/*


WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --prefix=/install -r requirements.txt

FROM python:3.11-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends curl libpcre3 libxml2 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 app \
 && useradd --system --no-log-init --uid 10001 --gid app --home-dir /app --no-create-home app

WORKDIR /app

COPY --from=builder /install /usr/local

COPY . .

ENV READINGS_CSV=data/readings.csv

EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=3s CMD curl -fsS http://localhost:8000/health || exit 1

USER 10001:10001

CMD ["uwsgi", "--ini", "uwsgi.ini"]

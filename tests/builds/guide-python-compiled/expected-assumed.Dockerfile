FROM python:3.11 AS builder

# What the wheels are compiled with.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libpcre3-dev libc6-dev \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt /app/
RUN pip install -r requirements.txt

FROM python:3.11-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends libpcre3 libxml2 \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app && chown app:app /app

WORKDIR /app

COPY --from=builder /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=builder /usr/local/bin /usr/local/bin
COPY --chown=app:app . /app
EXPOSE 5000
USER 10001:10001
CMD ["uwsgi", "--http-socket", ":5000", "--wsgi-file", "app.py", "--callable", "app", "--need-app"]

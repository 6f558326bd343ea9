FROM debian:bookworm AS builder
WORKDIR /app
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-pip python3-venv curl build-essential ca-certificates python3-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /venv
COPY requirements.txt /app/
RUN /venv/bin/pip install -r requirements.txt

FROM debian:bookworm-slim
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app && chown app:app /app
WORKDIR /app
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        python3 \
        python3-distutils \
        python3-setuptools \
        python3-wheel \
        ca-certificates \
        python3-venv \
        curl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=builder /venv /venv
COPY --chown=app:app . /app
EXPOSE 5000
USER 10001:10001
CMD ["/venv/bin/python", "app.py"]

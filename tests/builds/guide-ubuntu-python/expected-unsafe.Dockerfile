FROM ubuntu:latest
LABEL org.opencontainers.image.authors="kettle@example.org"
RUN apt-get update \
    && apt-get install -y python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /venv
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app && chown app:app /app
WORKDIR /app
COPY requirements.txt /app/
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt
COPY --chown=app:app . /app
EXPOSE 5000
USER 10001:10001
CMD ["/venv/bin/python", "app.py"]

FROM python:3.11 AS builder
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt

FROM python:3.11-slim
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app && chown app:app /app
WORKDIR /app
COPY --from=builder /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
COPY --from=builder /usr/local/bin /usr/local/bin
COPY --chown=app:app . .
EXPOSE 5000
USER 10001:10001
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
CMD ["python", "app.py"]

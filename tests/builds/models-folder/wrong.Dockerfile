FROM python:3.12-slim
ENV HF_HOME=/opt/models
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app /opt/models && chown app:app /app /opt/models
WORKDIR /app
COPY --chown=app:app library library
RUN pip install --no-cache-dir ./library
RUN python -c "from models import from_pretrained; from_pretrained('small')"
COPY --chown=app:app main.py .
USER 10001:10001
CMD ["python", "main.py"]

FROM python:3.11-slim
RUN mkdir -p /app && chown 10001:10001 /app
WORKDIR /app
COPY backend/requirements.txt backend/
RUN pip install --no-cache-dir -r backend/requirements.txt
COPY --chown=10001:10001 backend backend
USER 10001:10001
CMD ["python", "backend/main.py"]

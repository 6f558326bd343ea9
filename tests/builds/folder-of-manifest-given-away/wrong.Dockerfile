FROM python:3.11-slim
WORKDIR /app
COPY backend/requirements.txt backend/
RUN pip install --no-cache-dir -r backend/requirements.txt
RUN groupadd -r app && useradd -r -g app app
RUN chown app:app /app
COPY --chown=app:app backend backend
USER app
CMD ["python", "backend/main.py"]

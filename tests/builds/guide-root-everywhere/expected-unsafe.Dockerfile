FROM python:3.11-slim
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /srv && chown app:app /srv
WORKDIR /srv
COPY --chown=app:app . .
EXPOSE 8000
USER 10001:10001
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
CMD ["python", "guestbook.py"]

FROM python:3.11-slim
ENV KETTLE_TOKEN=not-a-real-token
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /app && chown app:app /app
WORKDIR /app
COPY --chown=app:app fetch.py app.py ./
RUN python fetch.py > prices.txt
USER 10001:10001
CMD ["python", "app.py"]

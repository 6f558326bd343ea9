FROM python:3.12-slim
WORKDIR /app
COPY entry.sh app.py ./
ENTRYPOINT ["/app/entry.sh"]
CMD ["python", "app.py"]

FROM python:3.11
WORKDIR /app
COPY . .
RUN mkdir -p data/notes && echo seed > data/notes/seed.txt
VOLUME /app/data
EXPOSE 8000
USER 10001
CMD ["python", "server.py"]

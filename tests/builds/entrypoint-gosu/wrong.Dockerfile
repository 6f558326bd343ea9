FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y --no-install-recommends gosu python3
RUN groupadd -g 999 app && useradd -r -u 999 -g app app
WORKDIR /app
COPY . .
RUN chmod +x docker-entrypoint.sh
EXPOSE 8000
USER 10001
ENTRYPOINT ["./docker-entrypoint.sh"]
CMD ["python3", "server.py"]

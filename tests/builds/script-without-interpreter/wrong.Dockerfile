FROM debian:bookworm-slim
WORKDIR /srv
COPY . .
RUN chmod +x greet
CMD ["./greet", "--loud"]

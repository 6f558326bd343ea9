ARG BASE
FROM ${BASE}
RUN apt-get install -y --no-install-recommends jq
CMD ["sh", "-c", "hello $(echo '\"ok\"' | jq -r .)"]

FROM python:3.12 AS builder
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt

FROM python:3.12-slim
WORKDIR /app
COPY --from=builder /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages
COPY . .
ENTRYPOINT ["./entrypoint.sh"]
CMD ["sh", "-c", "git --version && python app.py"]

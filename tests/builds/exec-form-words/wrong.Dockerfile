FROM python:3.12-slim
WORKDIR /app
COPY app.py .
CMD ["python", "app.py", "--pattern", "'a*.py'", "two", "words", "C:\\\\dir", "--quote", "say \\\"hi\\\"", "--tab", "\t", "--dollar", "$HOME"]

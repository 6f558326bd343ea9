FROM python:3.11-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN mkdir /srv/repo \
    && true
EXPOSE 8000
CMD ["python", "server.py"]

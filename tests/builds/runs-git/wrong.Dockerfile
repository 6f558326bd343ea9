FROM python:3.11
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN git init -q /srv/repo && cd /srv/repo && git config user.email a@example.com && git config user.name a \
    && echo one > one.txt && git add . && git commit -qm "first commit"
EXPOSE 8000
USER 10001
CMD ["python", "server.py"]

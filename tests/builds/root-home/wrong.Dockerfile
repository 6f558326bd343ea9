FROM python:3.11
WORKDIR /app
COPY config/tool.conf /root/.config/tool/tool.conf
RUN mkdir -p ~/.cache/tool && echo yes > ~/.cache/tool/model.bin
COPY . .
USER 10001
CMD ["python", "main.py"]

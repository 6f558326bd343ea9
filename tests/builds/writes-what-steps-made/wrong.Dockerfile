FROM python:3.12-slim-bookworm
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /srv/shop && chown app:app /srv/shop
WORKDIR /srv/shop/data/uploads
WORKDIR /srv/shop
COPY --chown=app:app app.py settings.default.json ./
RUN cp settings.default.json settings.json && echo 0 > visits.txt
RUN <<EOF
mkdir -p pages/daily
EOF
RUN if [ ! -d logs ]; then mkdir logs; fi
USER 10001:10001
CMD ["python", "app.py"]

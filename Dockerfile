# One image for the API, the worker and the migrations; compose.yaml says which.

FROM node:22-slim AS graphiql
WORKDIR /graphiql
COPY services/api/graphiql/package.json services/api/graphiql/package-lock.json ./
RUN npm ci
COPY services/api/graphiql ./
RUN npm run build

FROM python:3.13-slim AS packages
COPY requirements.lock ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin relance \
 && install --directory --owner relance --mode 0700 /data
COPY --from=packages /venv /venv
WORKDIR /relance
COPY sales sales
COPY reads reads
COPY schema schema
COPY services services
COPY --from=graphiql /graphiql/dist services/api/graphiql/dist
# Compiled now: whoever runs it can't write here.
RUN /venv/bin/python -m compileall -q .

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER relance
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live', timeout=2)"]
ENTRYPOINT ["python", "-m", "services.command"]
CMD ["api"]

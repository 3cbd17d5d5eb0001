# API, worker and migrations of refeed; the servers are yours (see compose.yaml).
# The base is pinned by digest; another one: --build-arg PYTHON=python:...@sha256:...
ARG PYTHON=python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d


FROM ${PYTHON} AS wheel
WORKDIR /src
COPY requirements-build.txt ./
RUN python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
COPY workers ./workers
COPY migrations ./migrations
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel .


FROM ${PYTHON} AS packages
COPY requirements.txt requirements-tracing.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-tracing.txt
COPY --from=wheel /wheel /wheel
# app, workers and migrations lie side by side in site-packages, where
# app.migrations looks for them.
RUN /venv/bin/pip install --no-cache-dir --no-index --no-deps /wheel/*.whl


FROM ${PYTHON}
RUN groupadd --gid 10001 refeed \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data refeed \
 && install --directory --owner=10001 --group=10001 --mode=0700 \
      /data /data/uploads /data/tmp
COPY --from=packages /venv /venv
COPY alembic.ini /srv/refeed/alembic.ini
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/data/tmp \
    REFEED_HOST=0.0.0.0 \
    REFEED_PORT=8000 \
    REFEED_STATE_DIR=/data \
    REFEED_STORAGE_DIR=/data/uploads
WORKDIR /srv/refeed
USER 10001:10001
VOLUME /data
EXPOSE 8000
# For the API; a worker listens on nothing and has its check switched off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['REFEED_PORT'] + '/health/live', timeout=2)"]
ENTRYPOINT ["refeed"]
CMD ["api"]

# Tocsin as a service container. Build: docker build -t tocsin .
# Run: docker run --read-only --tmpfs /tmp --cap-drop ALL -v tocsin:/data tocsin
ARG PYTHON=docker.io/library/python:3.13-slim

# ── build: locked versions, checked by hash, in a virtual environment ────────
FROM ${PYTHON} AS build
# What only the build may need, behind a mirror of the package index. None of it
# reaches the image: the stage below starts from the base again.
ARG PIP_CERT
ARG PIP_DEFAULT_TIMEOUT
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG SSL_CERT_FILE
ARG UV_DEFAULT_INDEX
ARG UV_FIND_LINKS
ARG UV_HTTP_TIMEOUT
ARG UV_INDEX
ARG UV_INSECURE_HOST
# Every file is checked by hash, so any index may serve it.
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 \
    UV_INDEX_STRATEGY=unsafe-best-match
WORKDIR /src
COPY requirements-dev.lock ./
RUN sed -n '/^uv==/,/[^\\]$/p' requirements-dev.lock >uv.lock \
 && python3 -m venv /opt/uv \
 && /opt/uv/bin/python -m pip install --quiet --no-cache-dir \
      --disable-pip-version-check --require-hashes --requirement uv.lock \
 && python3 -m venv --without-pip /opt/tocsin
COPY requirements.lock ./
RUN /opt/uv/bin/uv pip install --quiet --python /opt/tocsin/bin/python \
      --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY config ./config
COPY rules ./rules
COPY monitor ./monitor
RUN /opt/uv/bin/uv build --quiet --wheel --out-dir dist \
      --require-hashes --build-constraints requirements-dev.lock \
 && /opt/uv/bin/uv pip install --quiet --python /opt/tocsin/bin/python \
      --no-deps dist/*.whl

# ── run: the environment alone; no compiler, nothing that installs into it ───
FROM ${PYTHON}
# SQLite sorts what is large in files: in the volume, not in the memory behind /tmp.
ENV PATH=/opt/tocsin/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SQLITE_TMPDIR=/data \
    TOCSIN_SERVER__LISTEN=0.0.0.0:8080
LABEL org.opencontainers.image.title="tocsin" \
      org.opencontainers.image.description="From news feeds to one alert a story" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/tocsin /opt/tocsin
RUN mkdir /data && chown 10001:10001 /data
# Paths that the configuration writes to are relative to here: data/ is /data.
WORKDIR /
VOLUME /data
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["tocsin", "healthcheck"]
ENTRYPOINT ["tocsin"]
CMD ["run"]

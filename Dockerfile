# Tocsin as a service container. Build: docker build -t tocsin .
# Run: docker run --read-only --tmpfs /tmp --cap-drop ALL -v tocsin:/data tocsin
ARG PYTHON=docker.io/library/python:3.13-slim

# ── build: locked versions, checked by hash, in a virtual environment ────────
FROM ${PYTHON} AS build
ARG UV_VERSION=0.13.9
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
RUN python3 -m venv /opt/uv \
 && /opt/uv/bin/python -m pip install --quiet --no-cache-dir "uv==${UV_VERSION}" \
 && python3 -m venv --without-pip /opt/tocsin
WORKDIR /src
COPY requirements.lock ./
RUN /opt/uv/bin/uv pip install --quiet --python /opt/tocsin/bin/python \
      --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY rules ./rules
COPY monitor ./monitor
RUN /opt/uv/bin/uv pip install --quiet --python /opt/tocsin/bin/python --no-deps .

# ── run: the environment alone; no compiler, no package manager of Python ────
FROM ${PYTHON}
LABEL org.opencontainers.image.title="tocsin" \
      org.opencontainers.image.description="From news feeds to one alert a story" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/tocsin/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TOCSIN_SERVER__LISTEN=0.0.0.0:8080
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

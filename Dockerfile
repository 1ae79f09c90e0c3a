# One image for the four services, the migrations and the jobs; the word after it says which.
# A deployment pins the base by digest: --build-arg PYTHON=python:3.11-slim-bookworm@sha256:...
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /build
COPY constraints.txt ./
RUN python -m venv /opt/rekap \
    && /opt/rekap/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY services services
COPY deploy deploy
COPY simulator simulator
COPY data data
RUN /opt/rekap/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
    && /opt/rekap/bin/pip check

FROM ${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG BASE_DIGEST=unknown
LABEL org.opencontainers.image.title="Rekap" \
      org.opencontainers.image.description="Runs the Indonesian electronic identity card programme at district civil registry offices" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Rekap" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
COPY --from=build /opt/rekap /opt/rekap
# Owned by whom it runs as, so that volumes mounted here begin so too; all else stays read-only.
RUN mkdir /var/lib/rekap /var/lib/rekap-feed && chown 10001:10001 /var/lib/rekap /var/lib/rekap-feed
ENV PATH=/opt/rekap/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    REKAP_HOST=0.0.0.0 \
    REKAP_PORT=8000 \
    REKAP_DATA=/var/lib/rekap \
    REKAP_DATA_FOLDER=/var/lib/rekap
USER 10001:10001
WORKDIR /var/lib/rekap
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "deploy.probe"]
ENTRYPOINT ["rekap"]
CMD ["--help"]

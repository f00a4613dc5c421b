# Two images: `app` (the default) is the whole product; `trainer` is the GPU worker alone, and
# `trainer-together` the same worker as a Together Dedicated Container.
ARG PYTHON=python:3.12-slim-bookworm

FROM ${PYTHON} AS packages
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
RUN pip install --no-cache-dir uv
COPY pyproject.toml README.md ./

FROM packages AS app-packages
# The photo coach, 11 MB; "" leaves it out.
ARG EXTRAS="--extra faces"
RUN uv sync --no-dev --no-cache ${EXTRAS}

FROM packages AS trainer-packages
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb')); \
    open('packages.txt', 'w').write('\n'.join(p['project']['optional-dependencies']['trainer'])); \
    open('pins.txt', 'w').write('\n'.join(p['tool']['uv']['constraint-dependencies']))" \
    && uv venv && uv pip install --no-cache -r packages.txt -c pins.txt

FROM ${PYTHON} AS trainer
# TRAINER_COMPILE builds its launchers with a C compiler.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home likeness && install -d -o likeness /data /models
WORKDIR /app
COPY --from=trainer-packages /app/.venv .venv
COPY services/__init__.py services/
COPY services/trainer services/trainer
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    TRAINER_WORK_DIR=/data TRAINER_BASE_DIR=/models TRAINER_HOST=0.0.0.0 HF_HOME=/models/hub
USER likeness
VOLUME ["/data", "/models"]
EXPOSE 8000
CMD ["python", "-m", "services.trainer", "serve"]

FROM trainer-packages AS trainer-together-packages
# Where Together serves its own packages: another project has the same name elsewhere.
ARG SPROCKET_INDEX
RUN uv pip install --no-cache --index "${SPROCKET_INDEX}" "sprocket>=0.1.4" -c pins.txt

FROM trainer AS trainer-together
COPY --from=trainer-together-packages /app/.venv .venv
# Sprocket writes into the folder that it is started in.
ENV PYTHONPATH=/app
WORKDIR /data
CMD ["python", "-m", "services.trainer.sprocket_worker", "--queue"]

FROM ${PYTHON} AS app
# The distribution's PostgreSQL, without the server that its package would set up by itself.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home likeness \
    && install -d -o likeness -m 711 /data
WORKDIR /app
COPY --from=app-packages /app/.venv .venv
COPY main.py ./
COPY db db
COPY services services
COPY components components
COPY pages pages
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8080
USER likeness
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["python", "main.py"]

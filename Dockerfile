# Two images from one file:
#
#     docker build --target orchestrator -t xagent/orchestrator .
#     docker build --target agent -t xagent/agent .

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/xagent
WORKDIR /src
# The lock alone first: a change of the code does not fetch the packages again.
COPY requirements.lock .
RUN /opt/xagent/bin/pip install --require-hashes -r requirements.lock
COPY . .
RUN /opt/xagent/bin/pip install --no-deps --no-build-isolation .


FROM python:3.11-slim-bookworm AS runtime
ENV PATH=/opt/xagent/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XAGENT_DATA_DIR=/data
# A new volume mounted on /data inherits this owner and mode.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin xagent \
    && install --directory --owner=xagent --group=xagent --mode=0700 /data
VOLUME /data
WORKDIR /data


FROM runtime AS orchestrator
COPY --from=build /opt/xagent /opt/xagent
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "orchestrator"]


FROM runtime AS agent
# The fonts are for screenshots: without them Chinese, Japanese, Korean and emoji are boxes.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        chromium fonts-liberation fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/xagent /opt/xagent
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_runtime"]

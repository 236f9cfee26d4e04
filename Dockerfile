# One Dockerfile for every service and for the operator:
#   docker build --build-arg WORKSPACE=services/api-gateway -t orderflow/api-gateway .
# `make images` builds all of them. Node.js runs the TypeScript as it stands, so a build is an installation of packages.
ARG BUILD_IMAGE=node:24-bookworm-slim
# Any image with Node.js 24. It needs no shell and no npm.
ARG RUNTIME_IMAGE=${BUILD_IMAGE}

# The manifests of all workspaces, against which npm checks the lockfile. They are a stage of their own so that a changed
# source file leaves the layer of the installed packages as it is.
FROM ${BUILD_IMAGE} AS manifests
WORKDIR /context
COPY . .
RUN mkdir /manifests \
 && find . -name package.json -exec cp --parents -t /manifests {} + \
 && cp package-lock.json /manifests/

FROM ${BUILD_IMAGE} AS packages
ARG WORKSPACE
RUN test -n "$WORKSPACE" || { echo "give the workspace: --build-arg WORKSPACE=services/api-gateway" >&2; exit 1; }
WORKDIR /app
COPY --from=manifests /manifests ./
# Only what this workspace runs with, and no install scripts: none of these packages needs one. Both secrets are optional,
# for a registry that asks for a login and for a proxy with a certificate of its own.
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca,target=/run/ca.crt \
    if [ -s /run/ca.crt ]; then export NODE_EXTRA_CA_CERTS=/run/ca.crt; fi \
 && npm ci --omit=dev --workspace="$WORKSPACE" --include-workspace-root=false --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error \
# Node.js refuses TypeScript below node_modules, so whatever of it is there can never run; source maps and prose neither.
 && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' \) \
      ! -iname '*licen[cs]e*' ! -iname 'notice*' -delete \
 && rm -f package-lock.json node_modules/.package-lock.json \
# The time of installation would give the same packages another digest in every build.
 && find node_modules -exec touch --no-dereference --date=@0 {} +

FROM ${RUNTIME_IMAGE} AS base
ARG WORKSPACE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orderflow ${WORKSPACE}" \
      org.opencontainers.image.description="Orderflow, an event-driven order platform: ${WORKSPACE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
# The links from node_modules/@orderflow to the folders of the workspaces stay links: see docs/adr/0011-images.md.
COPY --from=packages /app/node_modules /app/node_modules
WORKDIR /app/${WORKSPACE}
USER 10001:10001
# The official image's entrypoint is a shell script: `node` shall be PID 1 and get the signals.
ENTRYPOINT []

FROM base AS sources
ARG WORKSPACE
COPY packages /app/packages
COPY ${WORKSPACE} /app/${WORKSPACE}

# For `skaffold dev`: the root is read-only here too, so the program runs from a volume at /sources, into which skaffold
# copies what was changed; Node.js then starts again by itself.
FROM sources AS dev
ARG WORKSPACE
ENV WORKSPACE=${WORKSPACE}
CMD ["sh", "-c", "cp -R --no-dereference /app/. /sources && cd /sources/$WORKSPACE && exec node --watch --import @orderflow/service-kit/telemetry/preload src/main.ts"]

FROM sources AS runtime
# A third less work at every start: what the program loads before it refuses a wrong configuration is kept compiled. The
# cache belongs to this user and this Node.js, and is only read later.
ENV NODE_COMPILE_CACHE=/app/.compile-cache
USER root
RUN install -d -o 10001 -g 10001 "$NODE_COMPILE_CACHE"
USER 10001:10001
RUN LOG_LEVEL=loud LOADGEN_RATE=none node src/main.ts 2>/dev/null; test $? = 2
# Both flags: docs/adr/0023-flags-of-v8.md; the first is a variable, which a chart may set otherwise. The import loads nothing unless OTEL_* asks for traces: docs/adr/0016-traces.md.
ENV NODE_OPTIONS=--max-semi-space-size=16
CMD ["node", "--no-allocation-site-pretenuring", "--import", "@orderflow/service-kit/telemetry/preload", "src/main.ts"]

# One image, three commands: node dist/api/main.js, node dist/worker/main.js, and node dist/db/main.js, which migrates and ends.
ARG NODE=node:20.20-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY activities activities
COPY api api
COPY blocks blocks
COPY config config
COPY db db
COPY graph graph
COPY worker worker
COPY workflows workflows
# The Temporal SDK carries its native library for five platforms, 28 MB each: this image's one is kept.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM ${NODE}
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# tsc copies no .sql: they are read from the package's root.
COPY db/migrations db/migrations
COPY db/functions db/functions
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/api/main.js"]

# The Node.js that the tests run on: `node` in package.json (test/containers.test.ts holds the two together).
FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY patches patches
# Without the optional packages: those are the programs of the embedded PostgreSQL.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
# For STORAGE_URL=file: alone; nothing else is ever written to, so the root file system may be read-only.
RUN install --directory --owner=node --group=node /data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY src src
USER node
EXPOSE 4000
# Alive is what a process must be to be kept. Whether it is to get requests is for the proxy to ask: /health/ready.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No npm and no shell in between: Node.js is process 1, is told to stop by SIGTERM, and drains. It has no children.
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=40", "src/main.ts"]

import { defineConfig } from 'vitest/config';

// The tests start hundreds of processes: what Node has compiled of their modules is kept for the next one.
process.env['NODE_COMPILE_CACHE'] ??= 'node_modules/.cache/node';

export default defineConfig({
  // Without the condition `development`, so that tests and libraries load one and the same `graphql`.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from 'drizzle-kit';

/** Used by `npm run migrate:new` alone: the server applies the migrations itself when it starts. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/db/tables.ts',
  out: './src/db/migrations',
  casing: 'snake_case',
});

import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config.ts';

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('a misspelt setting is named, with the one that it resembles:', () => {
  test.each([
    ['EXPORT_CONCURENCY', 'EXPORT_CONCURRENCY'],
    ['EXPORT_RETENTION_HOUR', 'EXPORT_RETENTION_HOURS'],
    ['DOWNLOAD_URL_TTL_SECOND', 'DOWNLOAD_URL_TTL_SECONDS'],
    ['URL_SIGNING_KEYS', 'URL_SIGNING_KEY'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['DATADIR', 'DATA_DIR'],
    ['STORAGE_ULR', 'STORAGE_URL'],
    ['JWT_JWK_URL', 'JWT_JWKS_URL'],
    ['GRAPHQIL', 'GRAPHIQL'],
    ['INTROSPECTON', 'INTROSPECTION'],
    ['LOGLEVEL', 'LOG_LEVEL'],
  ])('%s', (wrong, right) => {
    expect(faultsOf({ [wrong]: 'x' })).toEqual([`${wrong} is not a setting. Did you mean ${right}?`]);
  });
});

test('an unknown name with one of our beginnings is told what there is', () => {
  expect(faultsOf({ JWT_SECRET: 'x', EXPORT_TIMEOUT_MINUTES: '5' })).toEqual([
    'JWT_SECRET is not a setting. There are JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE, JWT_ISSUER, JWT_AUDIENCE.',
    'EXPORT_TIMEOUT_MINUTES is not a setting. There are EXPORT_CONCURRENCY, EXPORT_RETENTION_HOURS.',
  ]);
});

test('variables of other programs are left alone', () => {
  const foreign = [
    'PATH HOME HOSTNAME HOSTTYPE PORTS ROLE PWD SHELL TERM LANG CI NODE_ENV NODE_OPTIONS DEBUG TZ',
    'PGHOST PGDATA PGDATABASE PGPORT POSTGRES_PASSWORD DATABASE_HOST DATABASE_PASSWORD DATABASE_REPLICA_URL',
    'AWS_REGION AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 STORAGE_CLASS STORAGE_ACCOUNT_KEY',
    'npm_config_loglevel npm_lifecycle_event npm_package_name INIT_CWD VITEST_WORKER_ID XDG_DATA_DIRS',
    'KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT OTEL_EXPORTER_OTLP_HEADERS REDIS_URL',
    'LOG_FORMAT DATA PUBLIC GRAPHQL_URL HTTP_PROXY NO_COLOR FORCE_COLOR COLORTERM',
  ].flatMap((line) => line.split(' '));
  expect(faultsOf(Object.fromEntries(foreign.map((name) => [name, 'x'])))).toEqual([]);
});

test('a neighbour of a setting that is set is taken for another program’s', () => {
  const url = 'postgresql://db.example/crm';
  expect(faultsOf({ DATABASE_URL: url, DATABASE_URI: url })).toEqual([]);
});

test('a misspelt setting without a value does no harm', () => {
  expect(faultsOf({ EXPORT_CONCURENCY: '' })).toEqual([]);
});

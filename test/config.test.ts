import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';

type Env = Record<string, string | undefined>;

const withKeys = {
  JWT_JWKS_URL: 'https://idp.example/keys',
  JWT_ISSUER: 'https://idp.example/',
  JWT_AUDIENCE: 'customer-export',
};

/** The faults of these settings; none when they are right. */
function faultsOf(env: Env): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test('without any setting the server is open, on loopback, with everything embedded', () => {
  expect(loadConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    publicUrl: null,
    database: { kind: 'embedded' },
    dataDir: './.data',
    storage: { kind: 'directory', path: '.data/files' },
    roles: new Set(['gateway', 'worker']),
    exportConcurrency: 2,
    exportRetentionHours: 24,
    downloadUrlTtlSeconds: 900,
    urlSigningKeys: null,
    auth: { kind: 'open' },
    allowedOrigins: [],
    rateLimitPerMinute: 60_000,
    graphiql: true,
    introspection: true,
    metrics: { kind: 'open' },
    tracing: null,
    logLevel: 'info',
  });
});

test('every setting can be given', () => {
  const config = loadConfig({
    ...withKeys,
    HOST: '0.0.0.0',
    PORT: '0',
    PUBLIC_URL: 'https://export.example/crm/',
    DATABASE_URL: 'postgresql://user:secret@pooler.example:6432/crm?sslmode=require',
    DATABASE_DIRECT_URL: 'postgresql://user:secret@db.example/crm',
    DATABASE_READ_URL: 'postgresql://user:secret@replica.example/crm',
    DATA_DIR: '/var/lib/exports',
    STORAGE_URL: 's3://bucket/some/prefix/?endpoint=https://s3.example:9000&region=eu-west-3',
    ROLES: 'worker',
    EXPORT_CONCURRENCY: '8',
    EXPORT_RETENTION_HOURS: '168',
    DOWNLOAD_URL_TTL_SECONDS: '60',
    URL_SIGNING_KEY: `${'a'.repeat(32)}, ${'é'.repeat(16)}`,
    ALLOWED_ORIGINS: 'https://crm.example, http://localhost:3000/',
    RATE_LIMIT_PER_MINUTE: '0',
    GRAPHIQL: 'true',
    INTROSPECTION: 'on',
    METRICS_TOKEN: 't'.repeat(32),
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/otel/',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    LOG_LEVEL: 'DEBUG',
  });
  expect(config).toEqual({
    host: '0.0.0.0',
    port: 0,
    publicUrl: 'https://export.example/crm',
    database: {
      kind: 'server',
      url: 'postgresql://user:secret@pooler.example:6432/crm?sslmode=require',
      directUrl: 'postgresql://user:secret@db.example/crm',
      readUrl: 'postgresql://user:secret@replica.example/crm',
    },
    dataDir: '/var/lib/exports',
    storage: {
      kind: 's3',
      bucket: 'bucket',
      prefix: 'some/prefix',
      endpoint: 'https://s3.example:9000',
      region: 'eu-west-3',
      encryption: null,
      download: 'proxy',
    },
    roles: new Set(['worker']),
    exportConcurrency: 8,
    exportRetentionHours: 168,
    downloadUrlTtlSeconds: 60,
    urlSigningKeys: ['a'.repeat(32), 'é'.repeat(16)],
    auth: {
      kind: 'jwks',
      url: new URL('https://idp.example/keys'),
      issuer: 'https://idp.example/',
      audience: 'customer-export',
    },
    allowedOrigins: ['https://crm.example', 'http://localhost:3000'],
    rateLimitPerMinute: 0,
    graphiql: true,
    introspection: true,
    metrics: { kind: 'token', token: 't'.repeat(32) },
    tracing: {
      url: new URL('http://collector.example:4318/otel/v1/traces'),
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
    },
    logLevel: 'debug',
  });
});

test('an empty setting counts as not set, and outer spaces are dropped', () => {
  expect(loadConfig({ DATABASE_URL: '', PORT: ' ', HOST: ' ::1\n' })).toEqual({
    ...loadConfig({}),
    host: '::1',
  });
});

test('a database is its own direct one, and has no replica, unless told otherwise', () => {
  const url = 'postgresql://db.example/crm';
  expect(loadConfig({ DATABASE_URL: url }).database).toEqual({
    kind: 'server',
    url,
    directUrl: url,
    readUrl: null,
  });
});

test.each(['DATABASE_DIRECT_URL', 'DATABASE_READ_URL'])('%s is a URL of its own', (name) => {
  expect(faultsOf({ DATABASE_URL: 'postgresql://db.example/crm', [name]: 'https://db.example/crm' })).toEqual(
    [`${name} must be a postgresql:// URL of one server.`],
  );
});

test.each([
  [['DATABASE_DIRECT_URL'], 'DATABASE_DIRECT_URL'],
  [['DATABASE_READ_URL'], 'DATABASE_READ_URL'],
  [['DATABASE_DIRECT_URL', 'DATABASE_READ_URL'], 'DATABASE_DIRECT_URL and DATABASE_READ_URL'],
])('%j alone does not make the embedded database another one', (names, given) => {
  const env = Object.fromEntries(names.map((name) => [name, 'postgresql://db.example/crm']));
  expect(faultsOf(env)).toEqual([`DATABASE_URL must be set, because ${given} is.`]);
});

test('GraphiQL and introspection are off with authentication unless asked for', () => {
  expect(loadConfig(withKeys)).toMatchObject({ graphiql: false, introspection: false });
  expect(loadConfig({ ...withKeys, INTROSPECTION: '1' })).toMatchObject({ introspection: true });
  expect(loadConfig({ GRAPHIQL: 'off' })).toMatchObject({ graphiql: false, introspection: true });
});

test('every fault is told at once, each by its variable', () => {
  const faults = faultsOf({
    PORT: '70000',
    ROLES: 'gateway,cook',
    EXPORT_CONCURRENCY: '0',
    EXPORT_RETENTION_HOURS: '169',
    JWT_ISSUER: 'https://idp.example/',
    HOST: '0.0.0.0',
    LOG_LEVL: 'debug',
  });
  expect(faults).toEqual([
    'JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE must be set, because JWT_ISSUER is.',
    'ROLES must be one or more of gateway, worker, separated by commas.',
    'PORT must be a whole number from 0 to 65535.',
    'EXPORT_CONCURRENCY must be a whole number from 1 to 100.',
    'EXPORT_RETENTION_HOURS must be a whole number from 1 to 168.',
    expect.stringMatching(/^HOST must be loopback/),
    'LOG_LEVL is not a setting. Did you mean LOG_LEVEL?',
  ]);
});

describe('a wrong value is a fault of its variable:', () => {
  test.each<[string, string]>([
    ['HOST', 'not a host'],
    ['HOST', '127.0.0.1:4000'],
    ['PORT', '80a'],
    ['PORT', '-1'],
    ['PORT', '4e3'],
    ['PORT', '0x50'],
    ['PORT', '4000.5'],
    ['PUBLIC_URL', 'export.example'],
    ['PUBLIC_URL', 'ftp://export.example'],
    ['PUBLIC_URL', 'https://user:secret@export.example'],
    ['PUBLIC_URL', 'https://export.example?a=1'],
    ['DATABASE_URL', 'mysql://db.example/crm'],
    ['DATABASE_URL', 'postgres:crm'],
    ['DATABASE_URL', 'db.example'],
    ['STORAGE_URL', '/var/exports'],
    ['STORAGE_URL', 'file:'],
    ['STORAGE_URL', 'file://host/exports'],
    ['STORAGE_URL', 's3://'],
    ['STORAGE_URL', 's3://key:secret@bucket/prefix'],
    ['STORAGE_URL', 's3://bucket?regoin=eu-west-3'],
    ['STORAGE_URL', 's3://bucket?region=a&region=b'],
    ['STORAGE_URL', 's3://bucket?endpoint=minio'],
    ['STORAGE_URL', 's3://bucket/%ff'],
    ['ROLES', 'reader'],
    ['ROLES', 'gateway,,worker'],
    ['EXPORT_CONCURRENCY', '1.5'],
    ['EXPORT_RETENTION_HOURS', '0'],
    ['DOWNLOAD_URL_TTL_SECONDS', '0'],
    ['DOWNLOAD_URL_TTL_SECONDS', '15m'],
    ['URL_SIGNING_KEY', 'a'.repeat(31)],
    ['URL_SIGNING_KEY', `${'a'.repeat(32)},short`],
    ['URL_SIGNING_KEY', `${'a'.repeat(32)},`],
    ['URL_SIGNING_KEY', ''],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'crm.example'],
    ['ALLOWED_ORIGINS', 'https://crm.example/app'],
    ['ALLOWED_ORIGINS', 'null'],
    ['GRAPHIQL', 'maybe'],
    ['INTROSPECTION', '2'],
    ['LOG_LEVEL', 'verbose'],
    ['JWT_JWKS_URL', ''],
    ['JWT_PUBLIC_KEY_FILE', ' '],
    ['JWT_ISSUER', ''],
    ['JWT_AUDIENCE', ''],
  ])('%s=%s', (name, value) => {
    const [fault, ...others] = faultsOf({ [name]: value });
    expect(fault).toMatch(new RegExp(`^${name} (must be|is set but empty)`));
    expect(others).toEqual([]);
  });
});

test('no fault repeats a value', () => {
  const secret = 'canary-5f0c';
  const names = Object.keys(withKeys).concat(
    ['DATABASE_URL', 'STORAGE_URL', 'URL_SIGNING_KEY', 'PORT', 'PUBLIC_URL', 'ALLOWED_ORIGINS', 'LOG_LEVEL'],
    ['HOST', 'ROLES', 'JWT_PUBLIC_KEY_FILE', 'JWT_SECRET', 'URL_SIGNING_KEYS'],
  );
  const faults = faultsOf(Object.fromEntries(names.map((name) => [name, `${secret}?`])));
  expect(faults.length).toBeGreaterThan(8);
  expect(faults.join()).not.toContain(secret);
});

describe('authentication', () => {
  test('a key file is a source of keys too', () => {
    const { auth } = loadConfig({ JWT_PUBLIC_KEY_FILE: 'key.pem', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' });
    expect(auth).toEqual({ kind: 'publicKey', file: 'key.pem', issuer: 'i', audience: 'a' });
  });

  test('needs an issuer and an audience', () => {
    expect(faultsOf({ JWT_JWKS_URL: withKeys.JWT_JWKS_URL, HOST: '0.0.0.0' })).toEqual([
      'JWT_ISSUER must be set, because JWT_JWKS_URL is.',
      'JWT_AUDIENCE must be set, because JWT_JWKS_URL is.',
    ]);
  });

  test('has one source of keys', () => {
    expect(faultsOf({ ...withKeys, JWT_PUBLIC_KEY_FILE: 'key.pem' })).toEqual([
      'JWT_JWKS_URL and JWT_PUBLIC_KEY_FILE exclude each other: set one.',
    ]);
  });

  test.each(['http://idp.example/keys', 'https://u:p@idp.example/keys', 'file:///keys', 'idp'])(
    'does not take keys from %s, and blames nothing else for it',
    (url) => {
      expect(faultsOf({ ...withKeys, JWT_JWKS_URL: url, HOST: '0.0.0.0' })).toEqual([
        'JWT_JWKS_URL must be an https:// URL without user (http:// only on loopback).',
      ]);
    },
  );

  test('takes keys unencrypted from this machine', () => {
    for (const url of ['http://127.0.0.1:9/keys', 'http://[::1]:9/keys', 'http://localhost/keys']) {
      expect(faultsOf({ ...withKeys, JWT_JWKS_URL: url })).toEqual([]);
    }
  });
});

describe('an open server', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST'])(
    'listens on %s',
    (host) => {
      expect(faultsOf({ HOST: host })).toEqual([]);
    },
  );

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    'export.example',
    'localhost.example',
  ])('does not listen on %s', (host) => {
    expect(faultsOf({ HOST: host })).toEqual([expect.stringMatching(/^HOST must be loopback/)]);
    expect(faultsOf({ ...withKeys, HOST: host })).toEqual([]);
  });
});

describe('files are kept in', () => {
  test.each<[string, object]>([
    ['file:///var/exports', { kind: 'directory', path: '/var/exports' }],
    ['file:exports', { kind: 'directory', path: 'exports' }],
    ['file:./exports', { kind: 'directory', path: './exports' }],
    ['file:/var/with%20space', { kind: 'directory', path: '/var/with%20space' }],
    ['file:///var/with%20space', { kind: 'directory', path: '/var/with space' }],
    [
      's3://bucket',
      {
        kind: 's3',
        bucket: 'bucket',
        prefix: '',
        endpoint: null,
        region: null,
        encryption: null,
        download: 'proxy',
      },
    ],
    [
      's3://b.c-d/e/f',
      {
        kind: 's3',
        bucket: 'b.c-d',
        prefix: 'e/f',
        endpoint: null,
        region: null,
        encryption: null,
        download: 'proxy',
      },
    ],
    [
      's3://bkt/e?sse=aws:kms&kmsKeyId=k1&download=redirect',
      {
        kind: 's3',
        bucket: 'bkt',
        prefix: 'e',
        endpoint: null,
        region: null,
        encryption: { algorithm: 'aws:kms', kmsKeyId: 'k1' },
        download: 'redirect',
      },
    ],
  ])('%s', (url, storage) => {
    expect(loadConfig({ STORAGE_URL: url }).storage).toEqual(storage);
  });
});

test('metrics are open on this machine alone, and closed with authentication unless there is a token', () => {
  expect(loadConfig({}).metrics).toEqual({ kind: 'open' });
  expect(loadConfig(withKeys).metrics).toEqual({ kind: 'off' });
  expect(loadConfig({ ROLES: 'worker', HOST: '0.0.0.0' }).metrics).toEqual({ kind: 'off' });
  expect(faultsOf({ METRICS_TOKEN: 'short' })).toEqual([
    'METRICS_TOKEN must be at least 32 characters without spaces.',
  ]);
  expect(faultsOf({ METRICS_TOKEN: '' })).toHaveLength(1);
});

test('a worker listens only where a port is named, and may do so anywhere: it has no callers', () => {
  expect(loadConfig({ ROLES: 'worker' }).port).toBeNull();
  expect(loadConfig({ ROLES: 'worker', PORT: '4000', HOST: '0.0.0.0' })).toMatchObject({ port: 4000 });
});

test('traces go where the standard variables say', () => {
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' };
  expect(loadConfig(traced).tracing).toEqual({
    url: new URL('http://collector.example:4318/v1/traces'),
    sampler: 'parentbased_always_on',
    ratio: 1,
  });
  const own = { ...traced, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' };
  expect(loadConfig(own).tracing?.url.href).toBe('https://traces.example/in');
  expect(loadConfig({ ...traced, OTEL_SDK_DISABLED: 'true' }).tracing).toBeNull();
  expect(loadConfig({ ...traced, OTEL_TRACES_EXPORTER: 'none' }).tracing).toBeNull();
  expect(
    faultsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER_ARG: '2',
    }),
  ).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL without user and query, of a collector that takes OTLP over HTTP.',
    'OTEL_EXPORTER_OTLP_PROTOCOL must be http/json or http/protobuf: traces are sent over HTTP, as JSON.',
    'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.',
  ]);
});

import { ConfigError, type DatabaseConfig, type Role } from '../config.ts';
import { type Endpoint, hears, inspectEndpoint, type Unit } from '../db/endpoint.ts';

type Servers = Extract<DatabaseConfig, { kind: 'server' }>;

const WHY_DIRECT = 'because LISTEN, locks and long reads need a session, which a pooler does not keep';

/**
 * Makes sure that each URL leads where it has to: what does not hold shows otherwise only under load, as lost events
 * and exports that run twice.
 * @throws {ConfigError} with a sentence for each that does not.
 * @throws when one cannot be reached.
 */
export async function checkDatabases(servers: Servers, roles: ReadonlySet<Role>): Promise<void> {
  const faults = await findFaults(servers);
  if (faults.length === 0 && servers.readUrl !== null && roles.has('worker')) {
    faults.push(...(await findReplicaFaults(servers.directUrl, servers.readUrl)));
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

/** What a server answers whom it does not let in: the authorization is invalid, or there is no such database. */
const REFUSED = /^(28|3D000)/;

async function inspect(name: string, url: string, unit: Unit): Promise<Endpoint> {
  try {
    return await inspectEndpoint(url, unit);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && REFUSED.test(`${error.code}`))) throw error;
    throw new ConfigError([`${name} is refused by the server it leads to: ${error.message}.`]);
  }
}

async function findFaults({ url, directUrl }: Servers): Promise<string[]> {
  const behindPooler =
    directUrl === url
      ? `DATABASE_URL goes through a connection pooler such as PgBouncer: set DATABASE_DIRECT_URL as well, to PostgreSQL itself, ${WHY_DIRECT}.`
      : `DATABASE_DIRECT_URL goes through a connection pooler: it must lead to PostgreSQL itself, ${WHY_DIRECT}.`;
  const direct = await inspect(
    directUrl === url ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL',
    directUrl,
    'session',
  );
  if (direct.kind === 'pooler') return [behindPooler];
  const short = await inspect('DATABASE_URL', url, 'transaction');
  if (short.kind === 'pooler') {
    return [
      'DATABASE_URL goes through a pooler in statement mode, which has no transactions: use transaction mode.',
    ];
  }
  if (short.database !== direct.database) {
    return [
      'DATABASE_DIRECT_URL leads to another database than DATABASE_URL: both must lead to the same one.',
    ];
  }
  const replicas = [
    ...(short.isReplica ? ['DATABASE_URL'] : []),
    ...(direct.isReplica && directUrl !== url ? ['DATABASE_DIRECT_URL'] : []),
  ];
  if (replicas.length > 0) {
    return replicas.map(
      (name) => `${name} leads to a replica, where nothing can be written: it must lead to the primary.`,
    );
  }
  return (await hears(directUrl, url)) ? [] : [behindPooler];
}

async function findReplicaFaults(directUrl: string, readUrl: string): Promise<string[]> {
  const primary = await inspectEndpoint(directUrl, 'session');
  const replica = await inspect('DATABASE_READ_URL', readUrl, 'session');
  if (replica.kind === 'pooler') {
    return [
      'DATABASE_READ_URL goes through a connection pooler: it must lead to one replica itself, because an export reads one snapshot over several sessions.',
    ];
  }
  const related = primary.kind === 'server' && primary.database === replica.database;
  // The primary itself will do: after a failover a replica is one.
  if (related && (replica.isReplica || primary.server === replica.server)) return [];
  return [
    'DATABASE_READ_URL must lead to a streaming replica of the very database that DATABASE_URL leads to.',
  ];
}

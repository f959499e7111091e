import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LockMode, tryLock, waitForLock } from '../../../src/db/embedded/lock.ts';
import { project } from '../../support/embedded-user.ts';

const node = join(project, 'node_modules', '.bin', 'node');
const module = join(project, 'src', 'db', 'embedded', 'lock.ts');
let scratch: string;
let count = 0;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'export-gateway-lock-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('one exclusive holder keeps all others out, until it lets go', () => {
  const path = newPath();
  const lock = tryLock(path, 'exclusive');
  expect(lock).not.toBeNull();
  expect(tryLock(path, 'exclusive')).toBeNull();
  expect(tryLock(path, 'shared')).toBeNull();
  expect(tryElsewhere(path, 'shared')).toBe('busy');
  lock?.release();
  expect(tryElsewhere(path, 'exclusive')).toBe('locked');
});

test('any number of shared holders keep an exclusive one out, until the last lets go', () => {
  const path = newPath();
  const one = tryLock(path, 'shared');
  const two = tryLock(path, 'shared');
  expect(tryElsewhere(path, 'shared')).toBe('locked');
  one?.release();
  one?.release();
  expect(tryElsewhere(path, 'exclusive')).toBe('busy');
  two?.release();
  expect(tryElsewhere(path, 'exclusive')).toBe('locked');
});

test('a lock nobody has kept a hand on is held all the same', () => {
  const path = newPath();
  tryLock(path, 'shared');
  collectGarbage();
  expect(tryLock(path, 'exclusive')).toBeNull();
});

test('the lock of a killed process is free at once', async () => {
  const path = newPath();
  const script = `
    const { tryLock } = await import(process.argv[1]);
    console.log(tryLock(process.argv[2], 'exclusive') ? 'locked' : 'busy');
    setInterval(() => {}, 1000);`;
  const holder = spawn(node, ['--input-type=module', '--eval', script, module, path]);
  const [said] = await once(holder.stdout, 'data');
  expect(String(said)).toBe('locked\n');
  expect(tryLock(path, 'shared')).toBeNull();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(tryLock(path, 'exclusive')).not.toBeNull();
});

test('whoever waits gets the lock when it is let go', async () => {
  const path = newPath();
  const lock = tryLock(path, 'exclusive');
  const waiting = waitForLock(path, 'exclusive', { waitMs: 5000 });
  const got = vi.fn();
  void waiting.then(got);
  await expect(waitForLock(path, 'shared', { waitMs: 30 })).rejects.toThrow('has held');
  expect(got).not.toHaveBeenCalled();
  lock?.release();
  (await waiting).release();
});

test('a lock is one file, and leaves it empty', () => {
  const path = newPath();
  const lock = tryLock(path, 'exclusive');
  expect(readdirSync(scratch).filter((name) => name.startsWith(basename(path)))).toEqual([basename(path)]);
  lock?.release();
  expect(statSync(path).size).toBe(0);
});

test('a file that cannot be opened is named', () => {
  expect(() => tryLock(join(scratch, 'missing', 'lock'), 'shared')).toThrow(
    /The lock file .*missing\/lock cannot be used/,
  );
});

function newPath(): string {
  return join(scratch, `lock-${++count}-file`);
}

/** From another process, which then ends. */
function tryElsewhere(path: string, mode: LockMode): string {
  const script = `
    const { tryLock } = await import(process.argv[1]);
    console.log(tryLock(process.argv[2], process.argv[3]) ? 'locked' : 'busy');`;
  const args = ['--input-type=module', '--eval', script, module, path, mode];
  return execFileSync(node, args, { encoding: 'utf8' }).trim();
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

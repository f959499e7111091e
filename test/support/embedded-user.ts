import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The project's folder, and the Node.js it runs on. */
export const project = join(import.meta.dirname, '..', '..');
const node = join(project, 'node_modules', '.bin', 'node');

/** A process of its own that opens the embedded database, and does as it is told. */
export type EmbeddedUser = {
  readonly process: ChildProcess;
  /** Resolves with the URL once it has opened the database; rejects with the error's message. */
  readonly url: Promise<string>;
  /** Lets it close the database and end; resolves when it has ended. */
  readonly close: () => Promise<void>;
  /** Lets it end by `process.exit` without closing. */
  readonly exit: () => Promise<void>;
  /** kill -9; resolves when it has ended. */
  readonly kill: () => Promise<void>;
};

export type EmbeddedUserOptions = {
  /** Where the project is that it runs; this one unless given. */
  readonly from?: string;
  /** The user it becomes; ours unless given. Only root may. */
  readonly uid?: number | undefined;
  /** Whether it heads a process group, as a command in a terminal does. */
  readonly group?: boolean;
};

/** Starts one. It ignores SIGINT, as a process that drains does. */
export function startEmbeddedUser(
  dataDir: string,
  { from = project, uid, group = false }: EmbeddedUserOptions = {},
): EmbeddedUser {
  const script = `
    process.on('SIGINT', () => {});
    const [module, dataDir, uid] = process.argv.slice(1);
    if (uid) { process.setgroups([]); process.setgid(Number(uid)); process.setuid(Number(uid)); }
    const { openEmbeddedDatabase } = await import(module);
    try {
      const database = await openEmbeddedDatabase(dataDir, { settings: { fsync: 'off' } });
      console.log('open ' + database.url);
      process.stdin.on('data', (word) => {
        if (String(word) === 'exit') process.exit();
        database.close().then(() => process.exit());
      });
    } catch (error) {
      console.log('error ' + error.name + ': ' + error.message);
    }`;
  const module = join(from, 'src', 'db', 'embedded.ts');
  const args = [
    '--input-type=module',
    '--eval',
    script,
    module,
    dataDir,
    uid === undefined ? '' : String(uid),
  ];
  const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/', detached: group });
  const ended = once(child, 'exit');
  const url = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => {
      if (line.startsWith('open ')) resolve(line.slice('open '.length));
      else reject(new Error(line.slice('error '.length)));
    });
    void ended.then(() => reject(new Error('The process ended before it had opened the database.')));
  });
  url.catch(() => {}); // whoever awaits it hears of it
  const tell = async (word: string) => {
    child.stdin.write(word);
    await ended;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { process: child, url, close: () => tell('close'), exit: () => tell('exit'), kill };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Faults } from '../faults/points/strike.ts';

const project = join(import.meta.dirname, '..', '..');

export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** The program in a process of its own. */
export type Server = {
  readonly pid: number;
  /** Every line of its log so far. */
  readonly log: readonly LogLine[];
  /** Everything that it wrote so far, as text. */
  readonly output: () => string;
  /** Resolves with the URL once it listens and is ready; with the role `worker` alone, once it has started. */
  readonly ready: Promise<string>;
  /** Resolves with a line of the log, also one that is there already; rejects after `ms`, 30,000 unless given. */
  readonly logged: (msg: string | RegExp, ms?: number) => Promise<LogLine>;
  readonly signal: (signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => void;
  /** Resolves when it has ended, with its exit status or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** The same, null while it runs. */
  readonly exit: () => number | string | null;
};

export type ServerOptions = {
  /** Settings of the program and faults of the process, as environment variables. */
  readonly env: Readonly<Record<string, string>> & Faults;
  /** Largest file it may write, in blocks of 1,024 bytes; as large as it likes unless given. */
  readonly fileBlocks?: number;
};

/** They must not outlive whoever started them. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the program. Whoever starts it ends it. */
export function startServer({ env, fileBlocks }: ServerOptions): Server {
  const preload = join(project, 'test/faults/points/preload.ts');
  const command = [process.execPath, '--import', preload, join(project, 'src/main.ts')];
  const [program = '', ...args] =
    fileBlocks === undefined
      ? command
      : ['bash', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'bash', ...command];
  const child = spawn(program, args, {
    cwd: tmpdir(), // where a core dump does no harm
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  let output = '';
  createInterface(child.stdout).on('line', (line) => {
    output += `${line}\n`;
    if (!line.startsWith('{')) return;
    log.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  running.add(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    for (const look of waiting) look();
    return code ?? signal;
  });

  const logged = (msg: string | RegExp, ms = 30_000) =>
    new Promise<LogLine>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      const look = () => {
        const line = log.find((candidate) => candidate.msg.match(msg));
        if (line) resolve(line);
        else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`The process ended before it logged "${msg}":\n${output}`));
        } else return;
        settle();
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`The process did not log "${msg}" in time:\n${output}`));
      }, ms);
      waiting.add(look);
      look();
    });
  const ready = logged(/^(listening on|working)/).then(({ msg }) => msg.replace('listening on ', ''));
  ready.catch(() => {}); // whoever awaits it hears of it
  return {
    pid: child.pid ?? 0,
    log,
    output: () => output,
    ready,
    logged,
    signal: (signal) => child.kill(signal),
    ended,
    exit: () => child.exitCode ?? child.signalCode,
  };
}

/** Whether the kernel has suspended the process. */
export async function isSuspended({ pid }: Server): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return /\) T /.test(stat);
}

import { spawn } from 'node:child_process';

export type Finished = {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = {
  readonly finished: Promise<Finished>;
  readonly kill: (signal: NodeJS.Signals) => void;
};

export type CommandOptions = {
  readonly env: Readonly<Record<string, string>>;
  /** Options of Node's own. */
  readonly node?: readonly string[];
};

/** Starts a command of src/commands in a process of its own, with no other settings than those given. */
export function startCommand(
  name: string,
  args: readonly string[],
  { env, node = [] }: CommandOptions,
): Running {
  const file = new URL(`../../src/commands/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [...node, file, ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return {
    finished: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, ...output }));
    }),
    kill: (signal) => child.kill(signal),
  };
}

export function runCommand(
  name: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<Finished> {
  return startCommand(name, args, options).finished;
}

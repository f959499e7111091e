import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './error.ts';
import type { Files } from './files.ts';

/** What a server notes about itself for as long as it runs, and leaves behind when it is killed. */
export type PidFile = {
  readonly pid: number;
  /** 0 while it is not noted yet. */
  readonly port: number;
  /** False while it starts, recovers or stops. */
  readonly ready: boolean;
};

export function pidFile(files: Files): string {
  return join(files.cluster, 'postmaster.pid');
}

/**
 * Lines of the file: pid, data folder, start time, port, socket folder, address, shared memory, state.
 * @returns null when there is no file, or it is just being written.
 */
export function readPidFile(files: Files): PidFile | null {
  let text: string;
  try {
    text = readFileSync(pidFile(files), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' };
}

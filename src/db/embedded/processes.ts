import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';

/** A PostgreSQL process at work in a data folder: the server itself, or one of its children. */
export type Resident = { readonly pid: number; readonly kind: 'server' | 'child' };

/**
 * Whether this pid is the server of this data folder. A pid alone proves nothing: the system gives it to others,
 * at once in a container, and a dead server keeps it until its parent has noticed.
 */
export function isServerOf(pid: number, cluster: string): boolean {
  if (process.platform === 'linux') return residentOf(pid, cluster)?.kind === 'server';
  return nameOf(pid) === 'postgres';
}

/**
 * Everything of PostgreSQL that works in this data folder: each of its processes has it as working directory.
 * Children outlive a killed server for as long as they are busy, and no other server starts before they are gone.
 * Only Linux tells; elsewhere the list is empty.
 */
export function findResidents(cluster: string): Resident[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => residentOf(Number(pid), cluster) ?? []);
}

/** Tells the container, or other set of processes, that we see from here from those that we do not. */
export function processSpace(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : process.platform;
}

function residentOf(pid: number, cluster: string): Resident | null {
  try {
    // Compared by inode, so that links and mounts do not matter. A zombie has no working directory any more.
    if (!sameFile(statSync(`/proc/${pid}/cwd`), statSync(cluster))) return null;
    // " (deleted)" follows when the packages were installed anew meanwhile.
    if (!/\/postgres( \(deleted\))?$/.test(readlinkSync(`/proc/${pid}/exe`))) return null;
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return { pid, kind: title.startsWith('postgres: ') ? 'child' : 'server' };
  } catch {
    // It ended, or belongs to somebody else and is none of ours.
    return null;
  }
}

function sameFile(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function nameOf(pid: number): string | null {
  try {
    return basename(execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim());
  } catch {
    return null;
  }
}

import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';

/** PostgreSQL settings by name, as its command line takes them. */
export type Settings = Readonly<Record<string, string>>;

export type Machine = {
  /** Bytes this process may use at most. */
  readonly memory: number;
  /** Bytes of `/dev/shm`, where PostgreSQL shares memory between parallel workers; null where there is none. */
  readonly sharedMemory: number | null;
};

const MB = 1024 * 1024;

/**
 * Settings for exports and bulk loads on a laptop or a small server that has other work besides. Durability stays
 * as PostgreSQL has it: the data is real.
 */
export function settingsFor(machine: Machine): Settings {
  return {
    max_connections: '200',
    // Each export and each load comes on new connections, and each of these maps every page that it touches anew. On a
    // virtual machine that takes longer than reading the page from the system's cache, which keeps what this does not.
    shared_buffers: '32MB',
    effective_cache_size: megabytes(machine.memory / 2, 128, 32_768),
    work_mem: '16MB',
    maintenance_work_mem: megabytes(machine.memory / 16, 64, 256),
    // Bulk loads: fewer checkpoints, and nobody reads the log of changes but a recovery.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Disks of today seek for nothing; compiling a query takes longer than the queries here.
    random_page_cost: '1.1',
    jit: 'off',
    // Docker gives /dev/shm 64 MB, which a parallel hash join exceeds ("No space left on device").
    ...(machine.sharedMemory !== null &&
      machine.sharedMemory < 256 * MB && { dynamic_shared_memory_type: 'mmap' }),
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and the details of errors hold personal data: the log does without them.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
  };
}

/** What this process may use, in a container too. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { memory, sharedMemory: sizeOf('/dev/shm') };
}

function sizeOf(mount: string): number | null {
  try {
    const { blocks, bsize } = statfsSync(mount);
    return blocks * bsize;
  } catch {
    return null;
  }
}

function megabytes(bytes: number, least: number, most: number): string {
  return `${Math.round(Math.min(Math.max(bytes / MB, least), most))}MB`;
}

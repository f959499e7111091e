import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that is measured in this process. Labels are brands, codes, states and routes: never what somebody wrote. */
export const registry = new Registry();
const registers = [registry];

// --- what this process has done: add up over processes --------------------------------------------

export const linesWritten = new Counter({
  name: 'customer_export_lines_written_total',
  help: 'Customers written into files, also those of attempts that failed later.',
  labelNames: ['brand'],
  registers,
});

export const bytesWritten = new Counter({
  name: 'customer_export_bytes_written_total',
  help: 'Bytes handed to the storage, after compression.',
  labelNames: ['brand'],
  registers,
});

export const exportDuration = new Histogram({
  name: 'customer_export_duration_seconds',
  help: 'How long the attempts took that published a file, from when a worker took the export.',
  labelNames: ['brand'],
  buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
  registers,
});

export const attempts = new Counter({
  name: 'customer_export_attempts_total',
  help: 'Attempts by how they ended: COMPLETED, RETURNED by a worker that stops, LOST (cancelled or taken over), or the code of the failure.',
  labelNames: ['result'],
  registers,
});

export const failures = new Counter({
  name: 'customer_export_failures_total',
  help: 'Exports that became FAILED, by failure code.',
  labelNames: ['code'],
  registers,
});

export const storageErrors = new Counter({
  name: 'customer_export_storage_errors_total',
  help: 'Operations on the storage that failed.',
  labelNames: ['operation', 'code'],
  registers,
});

export const requestDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'HTTP requests but for event streams. Status "aborted": the client left, or the answer was cut off.',
  labelNames: ['route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  registers,
});

export const requestFaults = new Counter({
  name: 'customer_export_request_faults_total',
  help: 'Requests and operations that failed for a reason of ours; each is in the log under its requestId.',
  registers,
});

export const subscriptions = new Gauge({
  name: 'customer_export_subscriptions',
  help: 'Operations open on WebSockets, and event streams.',
  labelNames: ['transport'],
  registers,
});

// --- what the database says: the same in every process, so take the maximum -----------------------

export const exportsByStatus = new Gauge({
  name: 'customer_exports',
  help: 'Exports that wait, run or are being cancelled, and COMPLETED ones whose file is kept.',
  labelNames: ['brand', 'status'],
  registers,
});

export const queueLength = new Gauge({
  name: 'customer_export_queue_length',
  help: 'Exports that wait for a worker.',
  registers,
});

export const queueAge = new Gauge({
  name: 'customer_export_queue_age_seconds',
  help: 'Since when the export has existed that waits longest; 0 = none waits.',
  registers,
});

export const snapshotAge = new Gauge({
  name: 'customer_export_snapshot_age_seconds',
  help: 'Age of the oldest snapshot that a running export reads; 0 = none runs.',
  registers,
});

export const databaseUp = new Gauge({
  name: 'customer_export_database_up',
  help: '1 = the database answers; 0 = it does not, and what it would say is missing.',
  registers,
});

/** Begins to measure the process itself: memory, CPU, event loop, garbage collection. Once more changes nothing. */
export function measureProcess(): void {
  if (!registry.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register: registry });
}

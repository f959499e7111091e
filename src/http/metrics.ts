import { createHash, timingSafeEqual } from 'node:crypto';
import type { MetricsAccess } from '../config.ts';
import { AccessError } from '../errors.ts';
import type { Figures } from '../exports/figures.ts';
import {
  databaseUp,
  exportsByStatus,
  measureProcess,
  queueAge,
  queueLength,
  registry,
  snapshotAge,
  subscriptions,
} from '../telemetry/metrics.ts';
import { answerMethod } from './respond.ts';
import type { Route } from './server.ts';

/** What is looked up only when somebody asks. */
export type MetricsSources = {
  /** Null while the database does not answer. */
  readonly figures: () => Promise<Figures | null>;
  readonly subscriptions?: () => { readonly websocket: number; readonly sse: number };
};

/** Serves `/metrics` in Prometheus' text format to whoever may read it; when nobody may, the path does not exist. */
export function answerMetrics(access: MetricsAccess, sources: MetricsSources): Route {
  if (access.kind === 'off') return () => false;
  measureProcess();
  return async (req, res) => {
    if (req.url?.split('?', 1)[0] !== '/metrics') return false;
    if (answerMethod(req, res, ['GET', 'HEAD'])) return true;
    if (access.kind === 'token' && !isToken(req.headers.authorization, access.token)) {
      throw new AccessError('UNAUTHENTICATED', 'This needs the token of METRICS_TOKEN.');
    }
    const figures = await sources.figures();
    show(figures);
    for (const [transport, count] of Object.entries(sources.subscriptions?.() ?? {})) {
      subscriptions.set({ transport }, count);
    }
    const text = await registry.metrics();
    res.writeHead(200, { 'content-type': registry.contentType, 'content-length': Buffer.byteLength(text) });
    res.end(req.method === 'HEAD' ? undefined : text);
    return true;
  };
}

/** Compares hashes: how long that takes says nothing of the token. */
function isToken(authorization: string | undefined, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Values that nobody knows are missing, rather than old or zero. */
function show(figures: Figures | null): void {
  databaseUp.set(figures ? 1 : 0);
  exportsByStatus.reset();
  if (figures === null) {
    for (const gauge of [queueLength, queueAge, snapshotAge]) gauge.remove();
    return;
  }
  for (const { brand, status, count } of figures.counts) exportsByStatus.set({ brand, status }, count);
  queueLength.set(figures.waiting);
  queueAge.set(figures.oldestWaitingSeconds);
  snapshotAge.set(figures.oldestSnapshotSeconds);
}

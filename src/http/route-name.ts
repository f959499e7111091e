import { readRestPath } from './rest/path.ts';

const fixed = ['/graphql', '/health/live', '/health/ready', '/metrics', '/openapi.json'];

/** The pattern that a request's path has, for figures and traces: one of a few, and nothing of what callers write. */
export function routeName(url: string): string {
  const [path = ''] = url.split('?', 1);
  if (fixed.includes(path)) return path;
  if (/^\/exports\/[^/]+\/file$/.test(path)) return '/exports/{asyncTaskId}/file';
  const rest = readRestPath(path);
  if (rest === null) return 'other';
  return rest.id === null ? '/customer/{brand}/export' : '/customer/{brand}/export/{asyncTaskId}';
}

/** Whether a request to it is worth a span; probes and scrapes are not. */
export function isTraced(route: string): boolean {
  return route === '/graphql' || route.includes('{');
}

import { afterAll, beforeAll } from 'vitest';
import type { Authenticator } from '../../src/auth/token.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { AccessError } from '../../src/errors.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { createHttpServer, type Route } from '../../src/http/server.ts';
import { viewerOf } from './export-deps.ts';

export type Gateway = { readonly port: number; readonly url: string; readonly close: () => Promise<void> };

/** An HTTP server of these routes on a free port of loopback. */
export async function serve(routes: readonly Route[], deps: Pick<ExportDeps, 'log'>): Promise<Gateway> {
  const http = createHttpServer(routes, deps.log);
  const url = await http.listen('127.0.0.1', 0);
  return { port: Number(new URL(url).port), url, close: () => http.drain(0) };
}

/** The same for a whole test file. */
export function useGateway(routes: () => readonly Route[], deps: Pick<ExportDeps, 'log'>) {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await serve(routes(), deps);
  });
  afterAll(() => gateway.close());
  return {
    port: () => gateway.port,
    /** Asks as ann unless the headers name another caller, or `authorization: ''` none. */
    ask: (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
      const { authorization = 'Bearer ann', ...headers } = init.headers ?? {};
      return fetch(gateway.url + path, {
        ...init,
        headers: authorization === '' ? headers : { ...headers, authorization },
      });
    },
  };
}

/** Knows these callers, and anybody of the brand `cartier`, by their name as bearer token. */
export function authenticateByName(callers: readonly Viewer[] = []): Authenticator['authenticate'] {
  return async (authorization) => {
    const [, name] = /^Bearer (\w+)$/.exec(authorization ?? '') ?? [];
    if (name === undefined) throw new AccessError('UNAUTHENTICATED', 'This needs a valid bearer token.');
    return callers.find(({ subject }) => subject === name) ?? viewerOf(name);
  };
}

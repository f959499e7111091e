import { serverAudits } from 'graphql-http';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const app = useApp({ ROLES: 'gateway' });

/** The checks of the GraphQL-over-HTTP specification's own suite: its MUST, SHOULD and MAY alike. */
const audits = serverAudits({ url: () => `${app.url()}/graphql`, fetchFn: fetch });

test('there are checks to pass', () => {
  expect(audits.length).toBeGreaterThan(60);
});

test.each(audits.map((audit) => [audit.name, audit] as const))('the server %s', async (_, audit) => {
  const result = await audit.fn();
  expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
});

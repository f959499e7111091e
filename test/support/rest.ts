import { expect } from 'vitest';
import { createRestHandler } from '../../src/http/rest.ts';
import { requireTaskOf, useExports, viewerOf } from './export-deps.ts';
import { authenticateByName, useGateway } from './gateway.ts';

export const path = '/customer/cartier/export';
export const json = 'application/json';
export const form = 'application/x-www-form-urlencoded';

let requests = 0;
/** A downloadRequestId that this test file has not used yet. */
export const newId = () => `rest ${++requests}`;

/** The REST page on a free port, with a database of the test file's own and no worker; `blind` may not export. */
export function useRest() {
  const world = useExports();
  const blind = viewerOf('blind', { scopes: ['customers:read'] });
  const { ask, port } = useGateway(
    () => [createRestHandler(world.deps, authenticateByName([blind]))],
    world.deps,
  );
  const post = (body: string, headers: Record<string, string> = {}, to = path): Promise<Response> =>
    ask(to, { method: 'POST', body, headers: { 'content-type': json, ...headers } });
  return {
    ...world,
    ask,
    port,
    post,
    postJson: (body: unknown, headers?: Record<string, string>, to?: string) =>
      post(JSON.stringify(body), headers, to),
    /** The task that an answer is about. */
    taskOf: async (response: Response) => {
      const answer: { asyncTaskId?: unknown } = JSON.parse(await response.text());
      expect(answer).toEqual({ asyncTaskId: expect.stringMatching(/^[0-9a-f]{32}$/) });
      const id = `${answer.asyncTaskId}`.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      return requireTaskOf(world.deps, id);
    },
  };
}

type Status = {
  errorCode: string;
  message: string;
  errors: { errorCode: string; fieldName: string; message: string }[];
};

/** Status, code and the faults by field of a refusal. */
export async function refusalOf(response: Response) {
  const { responseStatus }: { responseStatus: Status } = JSON.parse(await response.text());
  expect(Object.keys(responseStatus)).toEqual(['errorCode', 'message', 'errors']);
  return {
    status: response.status,
    code: responseStatus.errorCode,
    fields: responseStatus.errors.map(({ errorCode, fieldName }) => `${fieldName} ${errorCode}`).sort(),
  };
}

/** The same values as a form. */
export function toForm(values: object, withCommas: boolean): string {
  const write = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : `${value}`);
  const fields = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    if (!Array.isArray(value)) return [[name, write(value)]];
    if (withCommas) return [[name, value.map(write).join(', ')]];
    return value.map((element) => [name, write(element)]);
  });
  return new URLSearchParams(fields).toString();
}

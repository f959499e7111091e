import { sql } from 'drizzle-orm';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { brands, customers, pointsOfSale } from '../src/db/tables.ts';
import { openLog } from '../src/log.ts';
import { useDatabase } from './support/postgres.ts';

const database = useDatabase();

/** A log into memory. */
function openTestLog(level: Parameters<typeof openLog>[0]['level'] = 'trace', isTTY = false) {
  const lines: string[] = [];
  const log = openLog({ level, destination: { isTTY, write: (line) => void lines.push(line) } });
  return { log, text: () => lines.join(''), last: (): unknown => JSON.parse(lines.at(-1) ?? '') };
}

const canary = 'canary-7c1d';

test('a line is a JSON object with its level, instant and text', () => {
  const { log, text, last } = openTestLog();
  log.info({ objectCount: 12 }, 'export completed');
  expect(text()).toMatch(/^\{.*\}\n$/);
  expect(last()).toMatchObject({ level: 'info', objectCount: 12, msg: 'export completed' });
  expect(last()).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
});

test('levels below the one asked for are not written', () => {
  const { log, text } = openTestLog('warn');
  log.info('small');
  expect(text()).toBe('');
  log.warn('great');
  expect(text()).toContain('great');
});

test('silent is silent', () => {
  const { log, text } = openTestLog('silent');
  log.fatal('heard?');
  expect(text()).toBe('');
});

test('on a terminal a line is for people, and just as scrubbed', () => {
  const { log, text } = openTestLog('info', true);
  log.child({ taskId: 'T1' }).error({ err: new Error('broken'), token: canary }, 'export attempt failed');
  expect(text()).toContain('ERROR');
  expect(text()).toContain('export attempt failed');
  expect(text()).toContain('taskId');
  expect(text()).toContain('broken');
  expect(text()).not.toContain('"msg":');
  expect(text()).not.toContain(canary);
});

test('a child says which request or export its lines belong to', () => {
  const { log, last } = openTestLog();
  log.child({ requestId: 'R1' }).child({ taskId: 'T1', attempt: 2, authorization: canary }).info('claimed');
  expect(last()).toMatchObject({ requestId: 'R1', taskId: 'T1', attempt: 2, authorization: '[redacted]' });
});

test('fields named like a secret or like personal data lose their value at any depth', () => {
  const { log, text, last } = openTestLog();
  log.info(
    {
      headers: { Authorization: canary, 'proxy-authorization': canary, cookie: canary, 'user-agent': 'curl' },
      connectionParams: { anything: canary },
      input: { variables: { deep: [canary] }, list: [{ first_name: canary, phoneNumber: canary }] },
      tokens: { access_token: canary },
      lines: 12,
    },
    'request',
  );
  expect(text()).not.toContain(canary);
  expect(last()).toMatchObject({ headers: { 'user-agent': 'curl' }, lines: 12 });
});

test('what is printed into a text is scrubbed too', () => {
  const { log, text } = openTestLog();
  log.info('request %o by %s', { authorization: canary }, 'someone');
  expect(text()).toContain('someone');
  expect(text()).not.toContain(canary);
});

test('objects of unknown making are named, not opened', () => {
  class Socket {
    readonly received = canary;
  }
  const { log, last, text } = openTestLog();
  log.info({ socket: new Socket(), body: Buffer.from(canary), at: new Date(0), size: 5n }, 'state');
  expect(last()).toMatchObject({
    socket: '[Socket]',
    body: '[Buffer]',
    at: '1970-01-01T00:00:00.000Z',
    size: '5',
  });
  expect(text()).not.toContain(canary);
});

test('tokens, signed URLs, passwords in URLs, e-mail addresses and phone numbers are cut from any line', async () => {
  const token = await new SignJWT({ sub: canary })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.alloc(32));
  const { log, text } = openTestLog();
  log.info(`refused ${token}`);
  log.info({ note: `authorization was Bearer ${canary}-0123456789` }, `Basic ${canary}+0123456789==`);
  log.info({ url: `/exports/1/file?expires=1&signature=${canary}&x="` }, 'download');
  log.info(`GET https://bucket.example/key?X-Amz-Signature=${canary} failed`);
  log.info(`cannot reach postgresql://${canary}:${canary}@db.example/crm`);
  log.info(`no customer "${canary}.x@mail.example" nor +39021234567`);
  expect(text()).not.toContain(canary);
  expect(text()).not.toContain(token.slice(10, 30));
  expect(text()).not.toContain('39021234567');
  expect(text()).toContain('/exports/1/file?[redacted]');
  expect(text()).toContain('://[redacted]@db.example/crm');
  for (const line of text().trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
});

test('a hostile line does not hold up the log', () => {
  const { log, text } = openTestLog();
  const started = performance.now();
  for (const part of ['?', '/', '@', '://', 'a@', 'eyJaaaaa.', '+1', 'a.', 'a@b.', '?a=', 'Bearer ']) {
    log.info(part.repeat(20_000));
  }
  expect(text().length).toBeGreaterThan(10_000);
  // Quadratic scanning of 20,000 repetitions takes tens of seconds.
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('an error is told with its causes, and once', () => {
  const { log, last } = openTestLog();
  const cause = new TypeError('the inner one', { cause: 'thrown as text' });
  const error = new Error('the outer one', { cause });
  log.error({ err: error, taskId: 'T1' }, 'export attempt failed');
  expect(last()).toMatchObject({
    msg: 'export attempt failed',
    err: {
      type: 'Error',
      message: 'the outer one',
      stack: expect.stringMatching(/^Error: the outer one\n\s+at .*log\.test\.ts:\d+/),
      cause: { type: 'TypeError', message: 'the inner one', cause: '[string]' },
    },
  });
  log.error(error);
  expect(last()).toMatchObject({ msg: 'the outer one', err: { message: 'the outer one' } });
});

test('an error that is its own cause is told to an end', () => {
  const { log, text } = openTestLog();
  const error = new Error('round');
  error.cause = error;
  log.error(error);
  expect(text()).toContain('[deep]');
});

test('several errors in one are all told', () => {
  const { log, last } = openTestLog();
  log.error(new AggregateError([new Error('one'), new Error('two')], 'both'));
  expect(last()).toMatchObject({ err: { errors: [{ message: 'one' }, { message: 'two' }] } });
});

test('a database error is told by its code and names, without statement, parameters and rows', async () => {
  const { log, text, last } = openTestLog();
  await database.db.insert(brands).values({ code: canary, name: 'Cartier' });
  const faults = [
    // Drizzle repeats all parameters in its message; PostgreSQL the key in `detail`.
    database.db.insert(brands).values({ code: canary, name: canary }),
    database.db.insert(pointsOfSale).values({ brand: `${canary}-2`, posCode: canary, name: canary }),
    // A check's detail is the whole row.
    database.db.insert(customers).values({
      boosterCustomerId: 1,
      brand: canary,
      posCode: canary,
      creationDate: new Date(0),
      customerStatus: canary,
      canBeContactedByMaison: true,
      hasSapCrmError: false,
    }),
    database.db.execute(sql`select ${canary}::text::integer`),
    database.db.execute(sql.raw(`select '${canary}'::date`)),
    database.db.execute(sql.raw(`select 1 where '${canary}' ''${canary}`)),
    database.sql`select ${canary}::text::uuid`,
    database.sql`select 1 from ${database.sql(`table_${canary.length}`)} where ${canary}::text = ''`,
  ];
  for (const fault of faults) {
    log.error(
      {
        err: await fault.then(
          () => null,
          (error: unknown) => error,
        ),
      },
      'fault',
    );
    log.error(
      await fault.then(
        () => null,
        (error: unknown) => error,
      ),
    );
  }
  expect(text()).not.toContain(canary);
  expect(text()).toContain('unique constraint \\"brands_pkey\\"');
  expect(text()).toContain('"constraint_name":"customers_status"');
  expect(text()).toContain('invalid input syntax for type uuid: \\"…\\"');
  expect(last()).toMatchObject({ err: { code: '42P01', severity: 'ERROR' } });
});

test('a text that is no JSON is not repeated', () => {
  const { log, text, last } = openTestLog();
  for (const json of [canary, `{"a":"${canary}`, `["${canary}" "${canary}"]`]) {
    try {
      JSON.parse(json);
    } catch (error) {
      log.warn({ err: error }, 'not understood');
    }
  }
  expect(text()).not.toContain('canary');
  expect(last()).toMatchObject({ err: { type: 'SyntaxError' } });
});

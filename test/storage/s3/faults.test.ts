import { afterAll, beforeAll, expect, test } from 'vitest';
import { openS3 } from '../../../src/storage/s3.ts';
import { type Storage, StorageError } from '../../../src/storage/storage.ts';
import { fc } from '../../support/fast-check.ts';
import { type Fault, type FaultProxy, s3Error, startFaultProxy } from '../../support/fault-proxy.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';
import { inChunks, leftovers, newKey, noSignal, read, someBytes } from '../objects.ts';

/** 40 uploads in the suite; more with `STORAGE_FAULT_RUNS=200 npx vitest run test/storage/s3/faults.test.ts`. */
const RUNS = Number(process.env['STORAGE_FAULT_RUNS'] ?? 40);
const AT_A_TIME = 6;

let server: S3Server;
let proxy: FaultProxy;
/** Through the faults. */
let storage: Storage;
/** The truth. */
let direct: Storage;
beforeAll(async () => {
  server = await startS3Server('exports');
  proxy = await startFaultProxy(server.url);
  const open = (endpoint: string, idleTimeoutMs: number) =>
    openS3(
      { kind: 's3', bucket: 'exports', prefix: 'run', endpoint, region: 'eu-west-3' },
      { accessKeyId: 'test', secretAccessKey: 'secret' },
      { partBytes: 5 * 1024 * 1024, attempts: 2, idleTimeoutMs },
    );
  storage = await open(proxy.url, 1_000);
  direct = await open(server.url, 30_000);
});
afterAll(async () => {
  await storage.close();
  await direct.close();
  await proxy.close();
  await server.close();
});

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('answer' as const, 'answer-after' as const),
    status: fc.constantFrom(200, 403, 500, 503),
    body: fc.constantFrom(s3Error('InternalError'), s3Error('AccessDenied'), '', '<html>'),
  }),
  fc.record({ kind: fc.constant('cut-request' as const), afterBytes: fc.nat(6_000_000) }),
  fc.record({ kind: fc.constant('cut-answer' as const), afterBytes: fc.nat(200) }),
  fc.constant<Fault>({ kind: 'silence' }),
  fc.constant<Fault>({ kind: 'slow', ms: 50 }),
  fc.record({
    kind: fc.constantFrom('change-request' as const, 'change-answer' as const),
    // Anywhere, so that no second change is likely to undo the first.
    place: fc.noBias(fc.integer({ min: 0, max: 10_000_000 })),
  }),
  fc.record({ kind: fc.constant('shorten-request' as const), byBytes: fc.integer({ min: 1, max: 5000 }) }),
);
/** What happens to an upload's first, second … request; null lets it pass, and so do all later ones. */
const plan = fc.record({
  size: fc.constantFrom(10_000, 5_400_000),
  faults: fc.array(fc.option(fault, { freq: 2 }), { minLength: 1, maxLength: 8 }),
});

test(
  `of ${RUNS} uploads under random faults none succeeds wrongly, and a sweep leaves nothing of the others`,
  async () => {
    const plans = fc.sample(plan, RUNS);
    const faultsOf = new Map<string, (Fault | null)[]>();
    proxy.decide = ({ path }) => faultsOf.get(path.replace('/exports/run/', ''))?.shift() ?? null;
    const succeeded: string[] = [];
    const failed: string[] = [];

    const upload = async ({ size, faults }: (typeof plans)[number]) => {
      const [key, bytes] = [newKey(), someBytes(size)];
      faultsOf.set(key, [...faults]);
      const error = await storage.write(key, inChunks(bytes), noSignal()).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error !== null) {
        expect(error).toBeInstanceOf(StorageError);
        failed.push(key);
        return;
      }
      succeeded.push(key);
      const stored = await read(await direct.open(key)).catch((fault: unknown) => fault);
      const whole = Buffer.isBuffer(stored) && stored.equals(bytes);
      expect(whole, `whole: ${stored instanceof Error} ${JSON.stringify(faults)}`).toBe(true);
    };
    const queue = plans.values();
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        for (const next of queue) await upload(next);
      }),
    );
    expect(succeeded.length + failed.length).toBe(RUNS);
    expect(succeeded.length, 'some faults are got over').toBeGreaterThan(0);
    expect(failed.length, 'some faults are not').toBeGreaterThan(0);

    // The sweep, as the gateway does it: what no task knows goes.
    for await (const { key } of direct.list()) if (!succeeded.includes(key)) await direct.remove(key);
    await direct.removeUnfinished(new Date(Date.now() + 60_000));
    expect((await leftovers(direct)).keys.toSorted()).toEqual(succeeded.toSorted());
    expect((await leftovers(direct)).unfinished).toBe(0);
  },
  60_000 + RUNS * 1000,
);

import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { changeTogether } from '../../src/db/change-together.ts';
import { connect } from '../../src/db/client.ts';
import { useDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const { url, db } = useDatabase();
const SILENCE_MS = 2_000;

const falls: Readonly<Record<string, (proxy: TcpProxy) => void>> = {
  // As of a process that is suspended when the answer to "what types do you want?" is on its way.
  'within a statement': (proxy) => proxy.hush(),
  'between two statements': (proxy) => proxy.silence(),
};

test.for(Object.keys(falls))('a transaction that falls silent %s keeps no rows from others', async (when) => {
  const proxy = await startTcpProxy(url);
  const { db: shaky, close } = connect(proxy.url, { max: 1 });
  try {
    await db.execute(sql`insert into brands values (${when}, 'old')`);
    const fallen = Promise.withResolvers<void>();
    const changing = changeTogether(
      shaky,
      async (tx) => {
        await tx.execute(sql`update brands set name = 'half made' where code = ${when}`);
        falls[when]?.(proxy);
        fallen.resolve();
        await tx.execute(sql`select ${'a parameter'}::text`);
      },
      SILENCE_MS,
    );
    changing.catch(() => {});
    await Promise.race([fallen.promise, changing]);
    const began = performance.now();
    await db.execute(sql`update brands set name = name || ' and new' where code = ${when}`);

    expect(performance.now() - began).toBeLessThan(SILENCE_MS * 3);
    expect(await db.execute(sql`select name from brands where code = ${when}`)).toEqual([
      { name: 'old and new' },
    ]);
    proxy.speak();

    await expect(changing).rejects.toThrow();
  } finally {
    await proxy.close();
    await close();
  }
});

/** `node --import …/preload.ts src/main.ts`: puts the fault points of `strike.ts` into the process. */
import { open } from 'node:fs/promises';
import { ServerResponse } from 'node:http';
import { flushCompileCache, registerHooks } from 'node:module';
import { faults, strike } from './strike.ts';

const replaced = new Map(
  ['storage/open.ts', 'exports/audit.ts'].map((file) => [
    new URL(`../../../src/${file}`, import.meta.url).href,
    new URL(`./${file.split('/')[1]}`, import.meta.url).href,
  ]),
);

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    const instead = replaced.get(found.url);
    return instead === undefined || context.parentURL === instead ? found : { ...found, url: instead };
  },
});

// What the log says happened has happened.
intercept(process.stdout, 'write', ([line]) => {
  const text = String(line);
  // It may be killed before it has kept what it compiled (NODE_COMPILE_CACHE).
  if (/"msg":"(listening on|working)/.test(text)) flushCompileCache();
  if (text.includes('"msg":"export started"')) strike('after-claim');
  if (text.includes('"msg":"export completed"')) strike('after-publish');
});

// The answer to a mutation is not sent.
intercept(ServerResponse.prototype, 'end', (_, response) => {
  if (response.req.method === 'POST') strike('after-start');
});

if (faults.FAULT_DISK_BYTES) {
  let room = Number(faults.FAULT_DISK_BYTES);
  const file = await open(import.meta.filename);
  const handles = Object.getPrototypeOf(file);
  await file.close();
  const { write } = handles;
  handles.write = async function (bytes: Uint8Array) {
    room -= bytes.byteLength;
    if (room >= 0) return Reflect.apply(write, this, [bytes]);
    room = Number(faults.FAULT_DISK_BYTES);
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
}

/** Has `before` called ahead of a method. */
function intercept<T extends object, K extends keyof T>(
  target: T,
  name: K,
  before: (args: readonly unknown[], self: T) => void,
): void {
  const method = target[name];
  if (typeof method !== 'function') throw new TypeError(`There is no method ${String(name)}.`);
  Reflect.set(target, name, function (this: T, ...args: unknown[]) {
    before(args, this);
    return Reflect.apply(method, this, args);
  });
}

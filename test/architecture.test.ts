import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Which room may import which. A room is a folder of `src`, or a file there with the folder of the same name. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'config', 'log'],
  commands: ['app', 'config', 'customers', 'db', 'graphql', 'http', 'log'],
  app: ['config', 'customers', 'db', 'exports', 'gateway', 'status', 'storage', 'telemetry', 'worker'],
  gateway: ['auth', 'config', 'customers', 'exports', 'graphql', 'http'],
  status: ['config', 'db', 'exports', 'http'],
  http: ['auth', 'config', 'errors', 'exports', 'graphql', 'customers', 'telemetry'],
  graphql: ['auth', 'customers', 'errors', 'exports'],
  worker: ['customers', 'exports'],
  exports: ['auth', 'customers', 'db', 'errors', 'storage', 'telemetry'],
  customers: ['db', 'errors'],
  auth: ['config', 'errors'],
  config: ['storage'],
  db: [],
  errors: [],
  log: [],
  storage: ['telemetry'],
  telemetry: ['config'],
};

const src = join(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = new Map(files.map((file) => [file, readImports(file)]));

function readImports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

const roomOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';

describe('the law of the house', () => {
  test('every room is in the table', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(arrows)));
  });

  test('every room is on the map in the README, and nothing there is missing here', () => {
    const map = readFileSync(join(src, '../README.md'), 'utf8')
      .split('## ')
      .find((part) => part.startsWith('Map of the code'));
    const places = [...(map ?? '').matchAll(/`((?:src|test|bench|docs)\/[^`]*)`/g)].map(
      ([, place = '']) => place,
    );
    expect(places.filter((place) => !existsSync(join(src, '..', place)))).toEqual([]);
    const rooms = places.map((place) => relative('src', place)).map(roomOf);
    expect(Object.keys(arrows).filter((room) => !rooms.includes(room))).toEqual([]);
  });

  test('no file imports from a room that its own may not look into', () => {
    const forbidden = [...imports].flatMap(([file, targets]) =>
      targets
        .filter(
          (target) => roomOf(target) !== roomOf(file) && !arrows[roomOf(file)]?.includes(roomOf(target)),
        )
        .map((target) => `${file} → ${target}`),
    );
    expect(forbidden).toEqual([]);
  });

  test('an upward import would be found', () => {
    expect(arrows['http']).not.toContain('app');
    expect(imports.get('gateway.ts')).toContain('http/server.ts');
    expect(imports.get('app.ts')).toContain('gateway.ts');
  });

  test('no files import each other in a circle', () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, trail: readonly string[]) => {
      if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
      if (trail.includes(file) || done.has(file)) return;
      for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test('only the entry points read the environment', () => {
    const readers = files.filter((file) => readFileSync(join(src, file), 'utf8').includes('process.env'));
    expect(readers.filter((file) => file !== 'main.ts' && roomOf(file) !== 'commands')).toEqual([]);
  });

  test('every import names a file that exists', () => {
    const missing = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !imports.has(target)).map((target) => `${file} → ${relative('.', target)}`),
    );
    expect(missing).toEqual([]);
  });
});

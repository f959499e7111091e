import { execFileSync } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../src/config.ts';

// Nothing here runs a container: it holds together what is written in several files.

const project = join(import.meta.dirname, '..');
const read = (file: string) => readFile(join(project, file), 'utf8');

describe('Dockerfile', async () => {
  const text = await read('Dockerfile');
  const instructions = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '');
  const all = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  test('is based on the Node.js that the tests run on', async () => {
    const { devDependencies } = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(await read('package.json')));
    expect(all('FROM').map((from) => /^node:([\d.]+)-/.exec(from)?.[1])).toEqual([
      devDependencies.node,
      devDependencies.node,
    ]);
  });

  test('copies what is there, and what .dockerignore lets through', async () => {
    const sources = all('COPY')
      .filter((copy) => !copy.startsWith('--from='))
      .flatMap((copy) => copy.split(' ').slice(0, -1));
    expect(sources).not.toEqual([]);
    const letThrough = (await read('.dockerignore')).split('\n').filter((line) => line.startsWith('!'));
    expect(letThrough.map((line) => line.slice(1)).toSorted()).toEqual([...new Set(sources)].toSorted());
    for (const source of sources) await access(join(project, source));
  });

  test('runs as npm start does, with no shell in between, and not as root', async () => {
    const [command = ''] = all('CMD');
    const { scripts } = z
      .object({ scripts: z.object({ start: z.string() }) })
      .parse(JSON.parse(await read('package.json')));
    expect(JSON.parse(command).join(' ')).toBe(scripts.start);
    expect(all('USER')).toEqual(['node']);
  });

  test('asks the health route in JavaScript that parses', () => {
    const [health = ''] = all('HEALTHCHECK');
    const [program, ...args]: string[] = JSON.parse(health.slice(health.indexOf('[')));
    expect([program, args[0]]).toEqual(['node', '-e']);
    execFileSync(process.execPath, ['--check', '--input-type=commonjs', '-'], { input: args[1] });
    expect(args[1]).toContain('/health/live');
  });
});

describe('compose.yaml', async () => {
  const service = z.object({
    image: z.string(),
    read_only: z.literal(true),
    cap_drop: z.tuple([z.literal('ALL')]),
    security_opt: z.tuple([z.literal('no-new-privileges:true')]),
    tmpfs: z.array(z.string()),
    environment: z.record(z.string(), z.string().nullable()).default({}),
    depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
    deploy: z.object({ replicas: z.number() }).optional(),
    healthcheck: z.object({}).optional(),
    stop_grace_period: z.string().optional(),
  });
  const { services } = z
    .object({ services: z.record(z.string(), service) })
    .parse(parse(await read('compose.yaml'), { merge: true }));
  const ours = Object.entries(services).filter(([, { environment }]) => 'ROLES' in environment);

  test('has two gateways and two workers', () => {
    const roles = ours.flatMap(([, { environment, deploy }]) =>
      Array.from({ length: deploy?.replicas ?? 1 }, () => environment['ROLES']),
    );
    expect(roles.toSorted()).toEqual(['gateway', 'gateway', 'worker', 'worker']);
  });

  test('gives each process settings that it starts with', () => {
    const given: Record<string, string> = { HOST: '0.0.0.0', PORT: '4000', DATA_DIR: '/data' };
    for (const [, { environment }] of ours) {
      const variables = Object.fromEntries(
        Object.entries(environment).flatMap(([name, value]) =>
          value === null ? [] : [[name, value.replaceAll(/\$\{(\w+)(:-(.*?)|:\?.*?)?\}/g, '$3') || 'given']],
        ),
      );
      const config = loadConfig({ ...given, ...variables });
      expect(config.storage).toMatchObject({ kind: 's3', bucket: 'exports', endpoint: 'http://store:7070' });
      expect(config.database).toMatchObject({ kind: 'server' });
      expect(config.auth.kind).toBe('publicKey');
    }
  });

  test('waits for what can be asked whether it is well', async () => {
    const image = await read('Dockerfile');
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const needed = services[name];
        expect(needed, name).toBeDefined();
        if (condition !== 'service_healthy') continue;
        const isOurs = needed?.image === 'customer-export-gateway';
        expect(isOurs ? image.includes('HEALTHCHECK') : needed?.healthcheck, name).toBeTruthy();
      }
    }
  });

  test('gives our processes longer to end than they take', () => {
    for (const [, { stop_grace_period = '' }] of ours)
      expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(10);
  });
});

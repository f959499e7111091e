import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { seedCustomers } from '../../src/customers/demo/seed.ts';
import { openLog } from '../../src/log.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const CHROMIUM = '/usr/bin/chromium';
const PICTURES = join(import.meta.dirname, '../../test-output');

// Exports wait until a test starts a worker, so that the page can be seen watching.
const app = useApp({ ROLES: 'gateway' });
let profile = '';
let browser: BrowserContext;
let page: Page;
let worker: App | undefined;
/** Whatever the page asked of anybody else, and whatever went wrong in it. */
const faults: string[] = [];

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) await install();
  await mkdir(PICTURES, { recursive: true });
  await seedCustomers(app.databaseUrl, { customers: 2_000, brand: null, seed: 'graphiql' });
}, 300_000);

async function install(): Promise<void> {
  const script = join(import.meta.dirname, '../support/install-chromium.sh');
  await promisify(execFile)('bash', [script]).catch((error: unknown) => {
    throw new Error(`These tests need ${CHROMIUM}, and ${script} could not install it.`, { cause: error });
  });
}

beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'graphiql-'));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  page = await browser.newPage();
  const own = [`${app.url()}/`, `blob:${app.url()}/`, 'data:'];
  await browser.route('**/*', (route, request) => {
    if (own.some((prefix) => request.url().startsWith(prefix))) return route.continue();
    faults.push(`asked for ${request.url()}`);
    return route.abort();
  });
  page.on('websocket', (socket) => {
    if (!socket.url().startsWith(app.url().replace('http', 'ws'))) faults.push(`called ${socket.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`threw ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`said ${message.text()}`);
  });
  await page.goto(`${app.url()}/graphql`);
}, 60_000);

afterEach(async () => {
  await browser.close();
  await worker?.stop();
  worker = undefined;
  await rm(profile, { recursive: true, force: true });
});
afterAll(() => rm(profile, { recursive: true, force: true }));

/** A click may be lost while the page draws its tabs anew, as it does after an answer. */
const openTab = (name: string) =>
  eventually(
    async () => {
      const tab = page.getByRole('tab', { name });
      await tab.click();
      expect(await tab.getAttribute('aria-selected')).toBe('true');
    },
    { interval: 100 },
  );
/** What the page shows as the answer, without the editor's own spaces and line breaks. */
const answer = async () =>
  (await page.locator('.graphiql-response .view-lines').innerText()).replaceAll(/[\s\u00a0]+/g, ' ');
const shows = (part: RegExp) =>
  eventually(async () => expect(await answer()).toMatch(part), { timeout: 20_000, interval: 50 });
/** Presses play; again, when it was pressed sooner after opening the tab than the page takes. */
async function play(part: RegExp): Promise<void> {
  const button = page.locator('.graphiql-execute-button');
  await button.click();
  const early = /Cannot infer operation/;
  await eventually(
    async () => {
      if (early.test(await answer())) await button.click();
      expect(await answer()).toMatch(part);
    },
    { timeout: 20_000, interval: 100 },
  );
}
const takePicture = (name: string) => page.screenshot({ path: join(PICTURES, `graphiql-${name}.png`) });

async function startWorker(): Promise<void> {
  const config = loadConfig({
    ROLES: 'worker',
    DATABASE_URL: app.databaseUrl,
    DATA_DIR: app.folder(),
    LOG_LEVEL: 'silent',
  });
  worker = await startApp(config, openLog({ level: 'silent' }));
}

test('the page does the whole job with the operations it comes with, and asks nobody else for anything', async () => {
  expect(await page.title()).toBe('Customer exports');

  await play(/"totalCount": [1-9]\d*, "nodes": \[ \{ "boosterCustomerId": \d+/);
  await takePicture('explore');

  await openTab('Start');
  await play(/"asyncTaskId": "[0-9a-f-]{36}", "userErrors": \[\]/);
  const [id = ''] = /[0-9a-f-]{36}/.exec(await answer()) ?? [];
  await takePicture('start');

  await openTab('Watch');
  // Between the quotes of the only variable.
  await page.locator('.graphiql-editor-tool .view-line', { hasText: '"id"' }).click();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.insertText(id);
  await play(/"status": "CREATED", "progress": 0, "objectCount": 0/);
  await startWorker();
  await shows(/"status": "COMPLETED", "progress": 100/);
  await takePicture('watch');

  const [, url = ''] = /"url":"(.*?)"/.exec((await answer()).replaceAll(' ', '')) ?? [];
  const coming = page.waitForEvent('download');
  await page.evaluate((address) => {
    window.open(address);
  }, url);
  const download = await coming;
  expect(download.suggestedFilename()).toBe(`customers-cartier-${id}.jsonl`);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  const [, total] = /"objectCount": (\d+)/.exec(await answer()) ?? [];
  expect(lines.length).toBe(Number(total));
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ brand: 'cartier', customerStatus: 'Client' });

  expect(faults).toEqual([]);
}, 60_000);

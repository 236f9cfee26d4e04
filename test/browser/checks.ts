import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { RunningDemo } from './running-demo.ts';

const ORDERS = 10;
const ORDER_TO_SCREEN_BAR_MS = 1_000;
const WEIGHT_BAR_BYTES = 100_000;
const WAIT = { timeout: 60_000 };

const DESKTOP = { width: 1360, height: 900 };
export const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light', viewport: DESKTOP },
  dark: { colorScheme: 'dark', viewport: DESKTOP },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

export interface Session extends RunningDemo {
  readonly browser: Browser;
  /** Folder for pictures of the page, one a look. */
  readonly pictures: string;
  /** Open from the first check to the last. */
  readonly page: Page;
  /** What the browser's console and the pages' scripts complained of. */
  readonly complaints: string[];
}

/** Throws when it is not so; returns what is worth telling. */
export type Check = (session: Session) => Promise<string | undefined>;

export const CHECKS: Readonly<Record<string, Check>> = {
  'the flow moves under load': flowMoves,
  [`${ORDERS} orders placed by hand arrive in the table, p95 within ${ORDER_TO_SCREEN_BAR_MS} ms`]: ordersArrive,
  'a killed processor shows as down, and comes back': processorReturns,
  'a button kills the processor, which shows as down and comes back': buttonKills,
  'a second viewer finds it busy; every fault is mended, and the verdict is proved after each': verdictHolds,
  ...Object.fromEntries(
    Object.keys(LOOKS).map((look): [string, Check] => [
      `axe finds nothing serious or critical (${look})`,
      (session) => isAccessible(session, look),
    ]),
  ),
  'the page weighs less than 100 KB compressed': isLight,
  'the browser has no complaint': ({ complaints }) => {
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    return Promise.resolve(undefined);
  },
};

export async function openPage(
  { browser, url, complaints }: Omit<Session, 'page' | 'pictures'>,
  look: string,
): Promise<Page> {
  const page = await (await browser.newContext(LOOKS[look])).newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${look}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${look}: ${String(error)}`));
  await page.goto(url);
  await page.waitForSelector('#flow > li', WAIT);
  return page;
}

async function flowMoves({ page }: Session): Promise<undefined> {
  for (const hop of ['gateway', 'orders', 'outbox', 'topic', 'processor', 'analytics']) {
    await page.waitForSelector(`[data-hop=${hop}][data-up=true][data-moving=true]`, WAIT);
  }
}

async function ordersArrive({ page }: Session): Promise<string> {
  const tookMs: number[] = [];
  while (tookMs.length < ORDERS) tookMs.push(await page.evaluate(orderToScreenMs));
  const p95 = tookMs.toSorted((a, b) => a - b)[Math.ceil(0.95 * ORDERS) - 1] ?? Infinity;
  const told = `order to screen: p95 ${Math.round(p95)} ms of ${ORDERS} orders`;
  if (p95 > ORDER_TO_SCREEN_BAR_MS) throw new Error(told);
  return told;
}

/** In the page: from the click until another own order is on top of the table. */
function orderToScreenMs(): Promise<number> {
  const newest = (): string => document.querySelector('#orders tr.mine code')?.textContent ?? '';
  const before = newest();
  const { promise, resolve } = Promise.withResolvers<number>();
  const clickedMs = performance.now();
  const observer = new MutationObserver(() => {
    if (newest() === before) return;
    observer.disconnect();
    resolve(performance.now() - clickedMs);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  document.querySelector<HTMLButtonElement>('#place')?.click();
  return promise;
}

async function processorReturns({ page, platform }: Session): Promise<undefined> {
  const [processor] = platform.processors;
  if (processor === undefined) throw new Error('the platform has no processor');
  processor.kill();
  await page.waitForSelector('[data-hop=processor][data-up=false]', WAIT);
  await processor.restart();
  await page.waitForSelector('[data-hop=processor][data-up=true][data-moving=true]', WAIT);
}

const AT_REST = '#fault-buttons button[aria-disabled=false]';

async function buttonKills({ page }: Session): Promise<undefined> {
  await page.click('[data-fault=kill-processor]');
  await page.waitForSelector('[data-hop=processor][data-up=false]', WAIT);
  await page.waitForSelector('[data-fault=kill-processor][data-running=true]', WAIT);
  await page.waitForSelector('[data-hop=processor][data-up=true][data-moving=true]', WAIT);
  await page.waitForSelector(AT_REST, WAIT);
}

async function verdictHolds({ page, url }: Session): Promise<string> {
  const kinds = ['pause-broker', 'flood', 'slow-handler', 'roll-orders'];
  for (const kind of kinds) {
    await page.click(`[data-fault=${kind}]`);
    await page.waitForSelector(`[data-fault=${kind}][data-running=true]`, WAIT);
    const { status } = await fetch(`${url}/actions/faults/flood`, { method: 'POST' });
    if (status !== 409) throw new Error(`a fault during ${kind} was answered ${status}`);
    await page.waitForSelector(AT_REST, WAIT);
  }
  const verdicts = (): Promise<string[]> =>
    page.$$eval('#fault-events li', (items) => items.flatMap(({ textContent }) => /after ".*/.exec(textContent) ?? []));
  await page.waitForFunction(
    (count) => document.querySelector('#fault-events')?.textContent.split('after "').length === count + 1,
    kinds.length + 1,
    { timeout: 360_000 },
  );
  const said = await verdicts();
  const bad = said.filter((text) => !/: proved, \d+ orders, 0 lost, 0 duplicated$/.test(text));
  if (bad.length > 0) throw new Error(bad.join('; '));
  return `${said.length} verdicts`;
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly unknown[] }[];
}

async function isAccessible(session: Session, look: string): Promise<undefined> {
  const page = await openPage(session, look);
  await page.waitForSelector('#orders tr', WAIT);
  await page.evaluate(await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8'));
  const violations = await page.evaluate<Violation[]>('axe.run().then((result) => result.violations)');
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  await page.screenshot({ path: join(session.pictures, `console-${look}.png`) });
  await page.context().close();
  if (grave.length > 0) {
    throw new Error(grave.map(({ id, impact, nodes }) => `${impact}: ${id} at ${String(nodes[0]?.target)}`).join('\n'));
  }
}

/** Everything that the page has loaded, except the stream and answers to actions. */
async function isLight({ page, url }: Session): Promise<string> {
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  const files = new Set([url, ...loaded.filter((name) => !/\/(?:events|actions\/.*)$/.test(name))]);
  let bytes = 0;
  for (const file of files) bytes += gzipSync(await (await fetch(file)).bytes()).length;
  const told = `the page: ${(bytes / 1_000).toFixed(1)} KB compressed, ${files.size} files`;
  if (files.size < 4 || bytes >= WEIGHT_BAR_BYTES) throw new Error(told);
  return told;
}

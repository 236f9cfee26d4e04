import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { until } from '@orderflow/local/testing';
import { startConsoleWorld, type ConsoleWorld, type ConsoleWorldOptions } from '../test/console-world.ts';
import { FakeSource } from '../test/fake-source.ts';
import { openPage } from '../test/open-page.ts';
import type { View } from './view.ts';

const PLACED = {
  orderId: '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d',
  status: 'CREATED',
  totalPrice: 19.9,
  createdAt: '2026-01-31T12:00:00.000Z',
};
const ORDER = { customerId: 'console', items: [{ productId: 'by-hand', quantity: 1, price: 19.9 }] };

const worlds: ConsoleWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world[Symbol.asyncDispose]()));
});

async function startWorld(options?: ConsoleWorldOptions): Promise<ConsoleWorld> {
  const world = await startConsoleWorld(options);
  worlds.push(world);
  return world;
}

function act(url: string, { body = ORDER, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('the page', () => {
  test('comes with all that it loads, and nothing of it inline', async () => {
    const { url } = await startWorld();
    const response = await fetch(url);
    const html = await response.text();
    const loaded = [...html.matchAll(/(?:src|href)="(?<path>[^"]+)"/g)].map((match) => match.groups?.['path'] ?? '');
    expect(loaded.toSorted()).toEqual(['console.css', 'console.js', 'icon.svg']);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    for (const path of [...loaded, 'dom.js', 'render.js']) {
      expect([path, (await fetch(`${url}/${path}`)).status]).toEqual([path, 200]);
    }
  });

  test.each(['/', '/console.js', '/console.css', '/nothing-here'])('%s has the security headers', async (path) => {
    const { url } = await startWorld();
    const { headers } = await fetch(`${url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy.split('; ')).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('answers what is not there with a problem', async () => {
    const { url } = await startWorld();
    const response = await fetch(`${url}/nothing-here`);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject(PROBLEMS.notFound);
  });
});

describe('the stream', () => {
  test('sends a view, and then the next one', async () => {
    const { url } = await startWorld();
    const page = await openPage(url);
    expect(page.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const first = await page.next();
    expect(first).toMatchObject({
      verdict: { state: 'up', value: { verdict: 'proved', orders: 12 } },
      sales: { state: 'up' },
      orders: { state: 'up', value: [] },
      scaling: { state: 'absent' },
    });
    const next = await page.next((view) => view.at > first.at);
    const gateway = next.flow.hops.find(({ id }) => id === 'gateway');
    expect(gateway).toMatchObject({ isUp: true });
    // The rate is of two looks, so the first view cannot have it.
    expect(gateway?.perSecond).toBeGreaterThan(0);
  });

  /** What the page shows of each source. */
  const statesOf = ({ orders, sales, verdict, flow }: View) => ({
    gateway: orders.state === sales.state ? orders.state : 'half',
    auditor: verdict.state,
    metrics: flow.hops.find(({ id }) => id === 'gateway')?.isUp === true ? 'up' : 'down',
  });
  const ALL_UP = { gateway: 'up', auditor: 'up', metrics: 'up' };

  test.each(['gateway', 'auditor', 'metrics'] as const)('shows that the %s is down, and is back', async (name) => {
    const world = await startWorld();
    const page = await openPage(world.url);
    expect(statesOf(await page.next())).toEqual(ALL_UP);
    await world[name].stop();
    // A look that was under way meanwhile may have seen half of it.
    const without = await page.next((view) => statesOf(view)[name] === 'down');
    expect(statesOf(without)).toEqual({ ...ALL_UP, [name]: 'down' });
    await world[name].start();
    const again = await page.next((view) => statesOf(view)[name] === 'up');
    expect(statesOf(again)).toEqual(ALL_UP);
  });

  test.each([1, 20])('asks each source once for a view, for %i pages', async (count) => {
    const world = await startWorld();
    const pages = await Promise.all(Array.from({ length: count }, () => openPage(world.url)));
    const [page] = pages;
    for (let views = 0; views < 5; views += 1) await Promise.all(pages.map((it) => it.next()));
    await world.watch.stop();
    const views = 5 + ((await page?.rest())?.length ?? 0);
    const { gateway, auditor, metrics } = world;
    // The last look may have come too late for a view.
    for (const [asked, perView] of [
      [auditor, 1],
      [metrics, 1],
      [gateway, 2],
    ] as const) {
      expect(asked.requests.length).toBeGreaterThanOrEqual(perView * views);
      expect(asked.requests.length).toBeLessThanOrEqual(perView * (views + 1));
    }
  });

  test('asks the sources nothing any more once the last page has left', async () => {
    const world = await startWorld();
    const pages = [await openPage(world.url), await openPage(world.url)];
    await Promise.all(pages.map((page) => page.next()));
    const asked = (): number => world.gateway.requests.length + world.metrics.requests.length;

    pages[0]?.leave();
    await until(() => world.watch.viewers === 1, { what: 'one page is left' });
    const before = asked();
    await until(() => asked() > before + 4, { what: 'the sources are asked for the page that is left' });

    pages[1]?.leave();
    await until(() => world.watch.viewers === 0, { what: 'no page is left' });
    let last = -1;
    const isQuiet = (): boolean => last === (last = asked());
    // Ten intervals between two looks at the count: it would have grown.
    await until(isQuiet, { what: 'nobody asks the sources', intervalMs: 200 });
    expect(world.watch.viewers).toBe(0);
  });
});

describe('the password', () => {
  const password = 'correct:horse';
  const basic = (text: string): { authorization: string } => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });
  const requests = {
    page: (url: string, headers: Record<string, string>) => fetch(url, { headers }),
    style: (url: string, headers: Record<string, string>) => fetch(`${url}/console.css`, { headers }),
    stream: async (url: string, headers: Record<string, string>) => (await openPage(url, headers)).response,
    action: (url: string, headers: Record<string, string>) => act(`${url}/actions/orders`, { headers }),
  };
  const onAction = () => ({ status: 201, body: JSON.stringify(PLACED) });
  const NAMES = ['page', 'style', 'stream', 'action'] as const;

  test.each(NAMES)('is asked for before the %s', async (name) => {
    const { url, gateway } = await startWorld({ password, onAction });
    for (const headers of [{}, basic('somebody:wrong'), basic(password), { authorization: `Bearer ${password}` }]) {
      const response = await requests[name](url, headers);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(await response.text()).toBe('');
    }
    expect(gateway.requests).toEqual([]);
  });

  test.each(NAMES)('opens the %s, whatever the user is called', async (name) => {
    const { url } = await startWorld({ password, onAction });
    const response = await requests[name](url, basic(`somebody:${password}`));
    expect(response.status).toBe(name === 'action' ? 201 : 200);
    await response.body?.cancel();
  });
});

describe('the Host of a request', () => {
  /** As a browser would ask that was led here by the name; fetch does not let one say it. */
  async function ask(url: string, host: string, options: { method?: string; path?: string } = {}) {
    const answer = Promise.withResolvers<IncomingMessage>();
    const { path = '/', method = 'GET' } = options;
    request(url + path, { method, headers: { host } }, answer.resolve)
      .on('error', answer.reject)
      .end();
    const response = await answer.promise;
    if (response.headers['content-type']?.startsWith('text/event-stream') === true) response.destroy();
    return { status: response.statusCode, type: response.headers['content-type'], response };
  }

  test.each(['localhost', 'console.localhost:8084', '127.0.0.1', '127.8.9.1:80', '[::1]:8084', 'LOCALHOST.'])(
    'may be the loopback name %s',
    async (host) => {
      const { url } = await startWorld();
      const { status, response } = await ask(url, host);
      response.resume();
      expect(status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'notlocalhost', '10.0.0.1', ':8084'])(
    'may not be %j, which is a problem that tells nothing',
    async (host) => {
      const { url, gateway } = await startWorld({ allowedHosts: new Set(['shop-console.shop.svc']) });
      for (const options of [{}, { path: '/events' }, { path: '/actions/orders', method: 'POST' }]) {
        const { status, type, response } = await ask(url, host, options);
        expect([status, type]).toEqual([421, 'application/problem+json']);
        expect(await json(response)).toMatchObject(PROBLEMS.misdirectedRequest);
      }
      expect(gateway.requests).toEqual([]);
    },
  );

  test('may be one that was allowed, or any when all are', async () => {
    const { url } = await startWorld({ allowedHosts: new Set(['shop-console.shop.svc']) });
    const any = await startWorld({ allowedHosts: 'any' });
    for (const answer of [await ask(url, 'Shop-Console.shop.svc:8084'), await ask(any.url, 'evil.example')]) {
      answer.response.resume();
      expect(answer.status).toBe(200);
    }
  });
});

describe('what is done by hand', () => {
  test('goes to the gateway, whose answer comes back and whose receipt is kept', async () => {
    const world = await startWorld({ onAction: () => ({ status: 201, body: JSON.stringify(PLACED) }) });
    const response = await act(`${world.url}/actions/orders`, { headers: { 'sec-fetch-site': 'same-origin' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([201, 'application/json']);
    expect(await response.json()).toEqual(PLACED);
    expect(world.gateway.requests).toEqual([
      { method: 'POST', path: '/orders', contentType: 'application/json', body: JSON.stringify(ORDER) },
    ]);
    const { orderId, totalPrice, createdAt } = PLACED;
    expect(JSON.parse(await world.receipts())).toEqual({ type: 'order', orderId, totalPrice, createdAt, ...ORDER });
  });

  test('is refused in the words of the gateway, and keeps no receipt', async () => {
    const problem = { ...PROBLEMS.transitionNotAllowed, detail: 'a shipped order cannot be cancelled' };
    const contentType = 'application/problem+json';
    const world = await startWorld({ onAction: () => ({ status: 409, contentType, body: JSON.stringify(problem) }) });
    const response = await act(`${world.url}/actions/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/cancellation`, {
      body: {},
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([409, contentType]);
    expect(await response.json()).toEqual(problem);
    expect(world.gateway.requests.map(({ path }) => path)).toEqual([
      '/orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/cancellation',
    ]);
    expect(await world.receipts()).toBe('');
  });

  test('is a problem while the gateway is down', async () => {
    const world = await startWorld();
    await world.gateway.stop();
    const response = await act(`${world.url}/actions/orders`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject(PROBLEMS.unavailable);
  });

  test.each(['cross-site', 'same-site'])('is forbidden to a page of another site (%s)', async (site) => {
    const { url, gateway } = await startWorld();
    for (const path of [
      'orders',
      'orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/payment',
      'orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/shipment',
      'orders/01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d/cancellation',
    ]) {
      const response = await act(`${url}/actions/${path}`, { headers: { 'sec-fetch-site': site } });
      expect([path, response.status]).toEqual([path, 403]);
    }
    expect(gateway.requests).toEqual([]);
  });
});

describe('faults', () => {
  const TOKEN = '0'.repeat(64);
  const REPORT = {
    isOpen: true,
    offered: [{ kind: 'flood', title: 'Flood', effect: 'more orders' }],
    running: null,
    events: [],
  };

  test('are not offered where nobody injects them', async () => {
    const { url } = await startWorld();
    expect((await (await openPage(url)).next()).faults).toBeUndefined();
    expect((await act(`${url}/actions/faults/flood`)).status).toBe(404);
  });

  test('are asked for with the token of the platform, which no page sees', async () => {
    const asked: unknown[] = [];
    await using desk = new FakeSource(({ method, path, authorization }) => {
      asked.push({ method, path, authorization });
      return { status: 409, contentType: 'application/problem+json', body: '{"title":"A fault is under way already"}' };
    });
    await desk.start();
    const { url } = await startWorld({ faults: { url: desk.url, token: TOKEN, report: REPORT } });
    const view = await (await openPage(url)).next();
    expect(view.faults).toEqual(REPORT);
    expect(JSON.stringify(view)).not.toContain(TOKEN);

    const response = await act(`${url}/actions/faults/flood`);
    expect([response.status, await response.json()]).toEqual([409, { title: 'A fault is under way already' }]);
    expect(asked).toEqual([{ method: 'POST', path: '/faults/flood', authorization: `Bearer ${TOKEN}` }]);
    await act(`${url}/actions/faults/${encodeURIComponent('../x?y')}`);
    expect(asked[1]).toMatchObject({ path: `/faults/${encodeURIComponent('../x?y')}` });
  });

  test('cannot be asked for by the page of another site', async () => {
    const { url } = await startWorld({ faults: { url: 'http://127.0.0.1:1', token: TOKEN, report: REPORT } });
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await act(`${url}/actions/faults/flood`, { headers })).status).toBe(403);
    // Nobody is there, which is told.
    expect((await act(`${url}/actions/faults/flood`)).status).toBe(503);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultDeskFacts } from '@orderflow/contracts/fault-report';
import { HttpServer } from '@orderflow/service-kit/http-server';
import { silentLogger } from '@orderflow/service-kit/logger';
import type { AllowedHosts } from '../src/allowed-hosts.ts';
import { createConsoleApp } from '../src/console-app.ts';
import { createFaultCall } from '../src/fault-call.ts';
import { createGatewayCall } from '../src/gateway-call.ts';
import { createFileFinder, type PlatformFacts } from '../src/platform-file.ts';
import { PlatformSource } from '../src/platform-source.ts';
import { createReceiptKeeper } from '../src/receipt-keeper.ts';
import { Watch } from '../src/watch.ts';
import { FakeSource, type FakeAnswer } from './fake-source.ts';

const VERDICT = {
  verdict: 'proved',
  waitingFor: null,
  provedUpTo: '2026-01-31T12:00:00.000Z',
  orders: 12,
  lost: 0,
  duplicated: 0,
  altered: 0,
  revenueDriftCents: 0,
  invariants: [],
};

const TOTALS = {
  orders: 12,
  revenue: 120,
  ordersPaid: 0,
  ordersShipped: 0,
  ordersCancelled: 0,
  revenuePaid: 0,
  revenueCancelled: 0,
  revenueNet: 120,
};

const SALES = { totals: TOTALS, perMinute: [], topProducts: [], updatedAt: null };

export interface ConsoleWorldOptions {
  readonly password?: string;
  /** Default: none but the loopback names. */
  readonly allowedHosts?: AllowedHosts;
  /** Who injects faults. Default: nobody. */
  readonly faults?: FaultDeskFacts;
  /** What the gateway answers to a POST. */
  readonly onAction?: (path: string | undefined) => FakeAnswer;
}

/** The console as main.ts puts it together, before sources that are pretended. */
export interface ConsoleWorld extends AsyncDisposable {
  readonly url: string;
  readonly watch: Watch;
  readonly gateway: FakeSource;
  readonly auditor: FakeSource;
  /** The gateway's admin server, whose counter grows at every look. */
  readonly metrics: FakeSource;
  /** What the journal of receipts has. */
  receipts(): Promise<string>;
}

export async function startConsoleWorld(options: ConsoleWorldOptions = {}): Promise<ConsoleWorld> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'orderflow-console-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const { gateway, auditor, metrics } = await startSources(stack, options);
  const [platformFile, receiptsFile] = [join(directory, 'platform.json'), join(directory, 'receipts.jsonl')];
  const facts: PlatformFacts = {
    processes: [{ job: 'api-gateway', name: 'gateway-1', adminUrl: metrics.url }],
    scaling: null,
    changes: [],
    faults: options.faults,
  };
  await Promise.all([writeFile(platformFile, JSON.stringify(facts)), writeFile(receiptsFile, '')]);

  const gatewayUrl = gateway.url;
  const source = new PlatformSource({
    gatewayUrl,
    gatewayApiKey: undefined,
    auditorUrl: auditor.url,
    findSurroundings: createFileFinder(platformFile),
  });
  const watch = new Watch({ look: () => source.look(Date.now), nowMs: Date.now, intervalMs: 20, maxViewers: 30 });
  const handler = createConsoleApp({
    viewers: watch,
    callGateway: createGatewayCall({ url: gatewayUrl, headers: source.headers() }),
    keepReceipt: createReceiptKeeper(receiptsFile),
    injectFault: createFaultCall(platformFile),
    password: options.password,
    allowedHosts: options.allowedHosts ?? new Set(),
    logger: silentLogger(),
  });
  const server = new HttpServer({ name: 'console', host: '127.0.0.1', port: 0, handler, drainGraceMs: 0 });
  await server.start();
  stack.defer(() => server.stop());
  stack.defer(() => watch.stop());
  const running = stack.move();
  return {
    url: `http://127.0.0.1:${server.port}`,
    watch,
    gateway,
    auditor,
    metrics,
    receipts: () => readFile(receiptsFile, 'utf8'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startSources(stack: AsyncDisposableStack, { onAction }: ConsoleWorldOptions) {
  const gateway = stack.use(
    new FakeSource(({ method, path }) => {
      if (method === 'POST') return onAction?.(path) ?? { status: 500, body: '{}' };
      return { body: JSON.stringify(path?.startsWith('/analytics/') === true ? SALES : []) };
    }),
  );
  const auditor = stack.use(new FakeSource(() => ({ body: JSON.stringify(VERDICT) })));
  const labels = '{route="/orders",method="POST",status="2xx"}';
  const metrics: FakeSource = stack.use(
    new FakeSource(() => ({
      contentType: 'application/openmetrics-text',
      body: `http_request_duration_seconds_count${labels} ${metrics.requests.length * 10}\n# EOF\n`,
    })),
  );
  await Promise.all([gateway.start(), auditor.start(), metrics.start()]);
  return { gateway, auditor, metrics };
}

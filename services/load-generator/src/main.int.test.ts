import { once } from 'node:events';
import { describe, expect, jest, test } from '@jest/globals';
import { startFakeGateway, type FakeGateway, type Mischief } from '../test/fake-gateway.ts';
import { GeneratorProcess, type JournalLine } from '../test/generator-process.ts';

jest.setTimeout(60_000); // processes start slowly on a busy machine

/** Misbehaves for POST number `from` (from 0) and those after it, at most `count` of them. */
function mischief(gateway: FakeGateway, what: Mischief, range: { from: number; count: number }): void {
  gateway.misbehave = (post) => (post >= range.from && post < range.from + range.count ? what : undefined);
}

function linesOf(journal: readonly JournalLine[], type: JournalLine['type']): readonly JournalLine[] {
  return journal.filter((line) => line.type === type);
}

const run = (gateway: FakeGateway, ...args: string[]): Promise<GeneratorProcess> =>
  GeneratorProcess.start(['--url', gateway.url, '--progress', 'off', '--rate', '200', '--duration', '1s', ...args]);

describe('a run against a gateway that does well', () => {
  test('sends the whole schedule, and every receipt is an order that the gateway took', async () => {
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--slo', 'errors<0.1%', '--slo', 'max<60s');
    const { exitCode, stdout, stderr } = await generator.exit();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('200 sent, 200 accepted, 0 failed');

    const journal = await generator.journal();
    expect(journal[0]).toMatchObject({ type: 'start', target: `${gateway.url}/`, rate: 200, durationMs: 1000 });
    expect(journal.at(-1)).toMatchObject({ type: 'end', sent: 200, accepted: 200, failed: 0 });
    const orders = linesOf(journal, 'order');
    expect(orders).toHaveLength(200);
    for (const { orderId, customerId, items, totalPrice, createdAt } of orders) {
      const known = gateway.orders.get(String(orderId));
      expect(known).toMatchObject({ totalPrice, createdAt, body: JSON.stringify({ customerId, items }) });
    }
    expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(gateway.orders.size);
    expect(await generator.report()).toMatchObject({
      sent: 200,
      accepted: 200,
      rate: 200,
      wrongAnswers: 0,
      slo: [
        { expression: 'errors<0.1%', met: true },
        { expression: 'max<60s', met: true },
      ],
    });
  });

  test('takes the lifecycle steps in turn and writes their receipts', async () => {
    await using gateway = await startFakeGateway();
    const fractions = ['--payments', '0.7', '--shipments', '0.3', '--cancellations', '0.3'];
    await using generator = await run(gateway, ...fractions);
    expect((await generator.exit()).exitCode).toBe(0);
    expect(gateway.forbidden).toEqual([]);

    const statuses = new Map<unknown, unknown>();
    for (const line of await generator.journal()) {
      if (line.type === 'order') statuses.set(line['orderId'], 'CREATED');
      if (line.type === 'transition') statuses.set(line['orderId'], line['status']);
    }
    const actual = [...gateway.orders.values()].map(({ orderId, status }) => [orderId, status]);
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(actual));
    expect(new Set(statuses.values())).toEqual(new Set(['CREATED', 'PAID', 'SHIPPED', 'CANCELLED']));
    const { transitions } = await generator.report();
    expect(transitions.payment).toMatchObject({ failed: 0 });
    expect(transitions.payment.accepted).toBeGreaterThan(transitions.shipment.accepted);
  });

  test('an order that is sent twice is one order with two receipts', async () => {
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--idempotent', '1', '--retries', '1', '--duration', '500ms');
    expect((await generator.exit()).exitCode).toBe(0);
    expect(gateway.orders.size).toBe(100);
    expect(gateway.posts).toHaveLength(200);
    const receipts = linesOf(await generator.journal(), 'order');
    expect(receipts).toHaveLength(200);
    expect(
      new Set(receipts.map(({ orderId, idempotencyKey }) => `${String(orderId)} ${String(idempotencyKey)}`)).size,
    ).toBe(100);
    expect(await generator.report()).toMatchObject({ sent: 100, accepted: 100, repeats: { sent: 100, accepted: 100 } });
  });

  test('follows stages', async () => {
    await using gateway = await startFakeGateway();
    const stages = ['--stages', '0:100,200ms:500,400ms:0', '--duration', '500ms', '--progress', 'off'];
    await using generator = await GeneratorProcess.start(['--url', gateway.url, ...stages]);
    expect((await generator.exit()).exitCode).toBe(0);
    expect(gateway.orders.size).toBe(20 + 100);
  });

  test('tells a parent process how it goes, in JSON on stdout and nothing else there', async () => {
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--progress', 'json', '--duration', '1200ms');
    const { stdout, stderr } = await generator.exit();
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'elapsedMs',
      'sent',
      'accepted',
      'failed',
      'inFlight',
      'p50Ms',
      'p99Ms',
      'latencyBuckets',
    ]);
    expect(lines.at(-1)).toMatchObject({ sent: 240, accepted: 240, failed: 0, inFlight: 0 });
    expect(stderr).toContain('240 accepted');
  });
});

describe('coordinated omission', () => {
  test('a gateway that stands still for a second shows in the latency of all who would have ordered meanwhile', async () => {
    await using gateway = await startFakeGateway();
    // Two connections, as in closed-loop tools with two users: they would measure two slow requests of four hundred.
    let until: Promise<void> | undefined;
    gateway.misbehave = (post) => {
      if (post < 100) return undefined;
      until ??= new Promise((resolve) => void setTimeout(resolve, 1000));
      return { kind: 'delay', until };
    };
    await using generator = await run(gateway, '--duration', '2s', '--warmup', '0', '--connections', '2');
    expect((await generator.exit()).exitCode).toBe(0);
    const { latencyMs, sent, accepted } = await generator.report();
    expect({ sent, accepted }).toEqual({ sent: 400, accepted: 400 });
    // 200 of 400 orders were due while the gateway stood still, for 0 to 1000 ms each.
    expect(latencyMs?.p90).toBeGreaterThan(500);
    expect(latencyMs?.p99).toBeGreaterThan(900);
  });
});

describe('a run against a gateway that fails', () => {
  test('counts rejections and unknown outcomes, and writes them into the journal', async () => {
    await using gateway = await startFakeGateway();
    const kinds: Mischief[] = [
      { kind: 'status', status: 400 },
      { kind: 'status', status: 503 },
      { kind: 'reset' },
      { kind: 'silence' },
    ];
    gateway.misbehave = (post) => kinds[post - 10];
    await using generator = await run(gateway, '--timeout', '2s');
    expect((await generator.exit()).exitCode).toBe(0); // no objective forbids failures
    const report = await generator.report();
    expect(report).toMatchObject({ sent: 200, accepted: 196, failed: 4, rejected: 1, unknown: 3, errorRate: 0.02 });
    expect(report.failureReasons).toMatchObject({ 'HTTP 400': 1, 'HTTP 503': 1, timeout: 1 });
    const journal = await generator.journal();
    expect(linesOf(journal, 'order')).toHaveLength(196);
    expect(gateway.orders.size).toBe(197); // the silent one was taken, and nobody was told
    const outcomes = linesOf(journal, 'failed').map(({ outcome, httpStatus }) => [outcome, httpStatus]);
    expect(outcomes).toHaveLength(4);
    expect(outcomes).toContainEqual(['rejected', 400]);
    expect(outcomes).toContainEqual(['unknown', 503]);
  });

  test('orders with a key get through an outage, each of them once', async () => {
    await using gateway = await startFakeGateway();
    mischief(gateway, { kind: 'silence' }, { from: 20, count: 1 });
    const silence = gateway.misbehave;
    gateway.misbehave = (post, path) =>
      post > 20 && post < 40 ? { kind: 'status', status: 503 } : silence(post, path);
    await using generator = await run(gateway, '--idempotent', '1', '--timeout', '2s');
    expect(await generator.exit()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await generator.report()).toMatchObject({ sent: 200, accepted: 200, failed: 0 });
    expect((await generator.report()).retries).toBeGreaterThanOrEqual(20);
    expect(gateway.orders.size).toBe(200);
    const told = linesOf(await generator.journal(), 'order').map(({ orderId }) => orderId);
    expect(new Set(told)).toEqual(new Set(gateway.orders.keys()));
  });

  test('exits 99 when an objective is missed', async () => {
    await using gateway = await startFakeGateway();
    mischief(gateway, { kind: 'status', status: 503 }, { from: 10, count: 5 });
    await using generator = await run(gateway, '--slo', 'errors<1%');
    const { exitCode, stdout } = await generator.exit();
    expect(exitCode).toBe(99);
    expect(stdout).toContain('errors<1% MISSED: 2.5 %');
  });

  test.each<[string, Mischief]>([
    ['a total that is a cent off', { kind: 'total', addCents: 1 }],
    ['a malformed body', { kind: 'body', body: '{"orderId":"1"' }],
  ])('exits 1 on %s', async (_case, what) => {
    await using gateway = await startFakeGateway();
    mischief(gateway, what, { from: 10, count: 1 });
    await using generator = await run(gateway);
    const { exitCode, stdout } = await generator.exit();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('WRONG ANSWERS: 1');
    expect(await generator.report()).toMatchObject({ wrongAnswers: 1 });
  });

  test('exits 1 when no order was accepted', async () => {
    await using gateway = await startFakeGateway();
    mischief(gateway, { kind: 'status', status: 500 }, { from: 0, count: Number.POSITIVE_INFINITY });
    await using generator = await run(gateway, '--duration', '100ms');
    expect((await generator.exit()).exitCode).toBe(1);
  });

  test('exits 1 with one sentence when there is no gateway', async () => {
    const gateway = await startFakeGateway();
    await gateway[Symbol.asyncDispose]();
    await using generator = await run(gateway, '--ready-timeout', '300ms');
    const { exitCode, stderr } = await generator.exit();
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `${gateway.url}/ was not ready within 0.3 s (ECONNREFUSED): is the gateway running there? Give its address with --url\n`,
    );
  });
});

describe('a run that is ended early', () => {
  test.each([
    ['SIGTERM', 143, 'SIGTERM'],
    ['SIGINT', 130, 'SIGINT'],
    ['SIGUSR2', 0, null],
  ] as const)('%s: waits for the answers in flight, keeps all receipts, exits %d', async (signal, expectedCode, by) => {
    await using gateway = await startFakeGateway();
    const signalled = Promise.withResolvers<void>();
    const inFlight = Promise.withResolvers<void>();
    gateway.misbehave = (post) => {
      if (post < 50) return undefined;
      inFlight.resolve();
      return { kind: 'delay', until: signalled.promise };
    };
    await using generator = await run(gateway, '--duration', '1m');
    await inFlight.promise;
    generator.child.kill(signal);
    // The signal is handled before the answers come, or while they do: the receipts must be whole either way.
    signalled.resolve();
    expect((await generator.exit()).exitCode).toBe(expectedCode);
    const journal = await generator.journal();
    const told = linesOf(journal, 'order').map(({ orderId }) => orderId);
    expect(new Set(told)).toEqual(new Set(gateway.orders.keys()));
    expect(journal.at(-1)).toMatchObject({ type: 'end', sent: gateway.posts.length, accepted: told.length });
    const report = await generator.report();
    expect(report).toMatchObject({ interruptedBy: by, failed: 0, sent: gateway.posts.length });
    expect(report.sent).toBeLessThan(12_000);
  });

  test('a second signal gives up on what is in flight and counts it as unknown', async () => {
    await using gateway = await startFakeGateway();
    const waiting = Promise.withResolvers<void>();
    gateway.misbehave = (post) => {
      if (post < 10) return undefined;
      waiting.resolve();
      return { kind: 'silence' };
    };
    await using generator = await run(gateway, '--duration', '1m', '--timeout', '1m', '--progress', 'json');
    await waiting.promise;
    generator.child.kill('SIGTERM');
    // Two lines of progress: the first may have been on its way before the signal, and two signals at once are one.
    await once(generator.child.stdout!, 'data');
    await once(generator.child.stdout!, 'data');
    generator.child.kill('SIGTERM');
    expect((await generator.exit()).exitCode).toBe(143);
    const { sent, accepted, unknown } = await generator.report();
    expect({ accepted, unknown }).toEqual({ accepted: 10, unknown: sent - 10 });
    expect(linesOf(await generator.journal(), 'failed')).toHaveLength(unknown);
  });

  test('killed: the journal has whole lines, the start among them, and no end', async () => {
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--duration', '1m', '--progress', 'json');
    await once(generator.child.stdout!, 'data'); // after a second
    generator.child.kill('SIGKILL');
    await generator.exit();
    const journal = await generator.journal();
    expect(journal[0]?.type).toBe('start');
    expect(linesOf(journal, 'order').length).toBeGreaterThan(0);
    expect(linesOf(journal, 'end')).toEqual([]);
  });

  test('stops when its parent no longer reads', async () => {
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--duration', '1m', '--progress', 'json');
    await once(generator.child.stdout!, 'data');
    generator.child.stdout?.destroy();
    expect((await generator.exit()).exitCode).toBe(141);
    expect((await generator.journal()).at(-1)?.type).toBe('end');
  });
});

describe('the command line', () => {
  test('bad options: exit 2 and one line on stderr', async () => {
    await using generator = await GeneratorProcess.start(['--rate', 'fast', '--speed', '9']);
    const { exitCode, stdout, stderr } = await generator.exit();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^invalid configuration: --speed is not an option; --rate must be .*\n$/);
  });

  test('files that can not be written are found before the load', async () => {
    for (const option of ['--receipts', '--json']) {
      await using generator = await GeneratorProcess.start([option, '/dev/null/file']);
      const { exitCode, stderr } = await generator.exit();
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(new RegExp(`^invalid configuration: ${option} can not be written .*\n$`));
    }
  });

  test('receipts that are lost on the way end the run with exit 1', async () => {
    if (process.platform !== 'linux') return; // /dev/full is a disk without space
    await using gateway = await startFakeGateway();
    await using generator = await run(gateway, '--duration', '1m', '--receipts', '/dev/full');
    const { exitCode, stderr } = await generator.exit();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^the receipts could not be written to \/dev\/full \(ENOSPC.*\)\n$/);
  });

  test('--help shows the options, environment variables work', async () => {
    await using generator = await GeneratorProcess.start(['--help']);
    expect(await generator.exit()).toMatchObject({ exitCode: 0, stderr: '' });
    await using other = await GeneratorProcess.start([], { LOADGEN_PROGRESS: 'loud' });
    expect((await other.exit()).stderr).toContain('LOADGEN_PROGRESS must be one of');
  });
});

import { describe, expect, test } from '@jest/globals';
import { createAdminServer, type AdminServerOptions } from './admin-server.ts';
import { Counter, createRegistry, Gauge } from './metrics.ts';

async function startAdmin(options: Partial<AdminServerOptions> = {}) {
  const { registry = createRegistry(), checks = [] } = options;
  const server = createAdminServer({ host: '127.0.0.1', port: 0, ...options, registry, checks });
  await server.start();
  return {
    get: async (path: string, method = 'GET') => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await server.stop();
    },
  };
}

describe('the admin server', () => {
  test('is healthy as long as it answers, whether ready or not', async () => {
    await using admin = await startAdmin({ checks: [{ name: 'schema', reasonNotReady: () => 'too old' }] });
    expect(await admin.get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  });

  test('is ready without conditions', async () => {
    await using admin = await startAdmin();
    expect(await admin.get('/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
  });

  test('says everything that keeps it from being ready, as it stands now', async () => {
    const reasons: Record<string, string | undefined> = { schema: 'too old', process: 'starting', pool: undefined };
    const checks = Object.keys(reasons).map((name) => ({ name, reasonNotReady: () => reasons[name] }));
    await using admin = await startAdmin({ checks });
    expect(await admin.get('/readyz')).toMatchObject({ status: 503, text: 'schema: too old\nprocess: starting\n' });
    reasons['schema'] = undefined;
    reasons['process'] = undefined;
    expect(await admin.get('/readyz?verbose')).toMatchObject({ status: 200 });
  });

  test('shows the metrics of the process and the runtime as OpenMetrics', async () => {
    const registry = createRegistry();
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] }).inc(3);
    await using admin = await startAdmin({ registry });
    const { status, type, text } = await admin.get('/metrics');
    expect({ status, type }).toEqual({ status: 200, type: registry.contentType });
    expect(text).toContain('\norders_total 3\n');
    expect(text).toContain('\nprocess_cpu_seconds_total ');
  });

  test('answers what more it was given, as it stands now', async () => {
    const decisions: string[] = [];
    await using admin = await startAdmin({ reports: { '/decisions': () => decisions } });
    decisions.push('stays');
    expect(await admin.get('/decisions?')).toEqual({ status: 200, type: 'application/json', text: '["stays"]' });
    expect(await admin.get('/toString')).toMatchObject({ status: 404 });
  });

  test('answers 500 when a metric cannot be read, and lives on', async () => {
    const registry = createRegistry();
    const collect = (): never => {
      throw new Error('pool is gone');
    };
    registry.registerMetric(new Gauge({ name: 'broken', help: 'Breaks.', registers: [], collect }));
    await using admin = await startAdmin({ registry });
    expect(await admin.get('/metrics')).toMatchObject({ status: 500, text: 'pool is gone\n' });
    expect(await admin.get('/healthz')).toMatchObject({ status: 200 });
  });

  test.each(['/', '/metrics/', '/healthz/x', '//readyz'])('has nothing at %s', async (path) => {
    await using admin = await startAdmin();
    expect(await admin.get(path)).toMatchObject({ status: 404 });
  });

  test('answers HEAD without a body', async () => {
    await using admin = await startAdmin();
    expect(await admin.get('/readyz', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });
});

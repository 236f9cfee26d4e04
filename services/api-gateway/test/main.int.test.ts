import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { deadOrigin, order, send, type LogLine } from './harness.ts';

const mainPath = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The gateway as a process. The environment is all that it gets. */
function spawnGateway(env: Record<string, string>) {
  return spawn(process.execPath, [mainPath], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a bad configuration ends the process with code 2 and one line that names every bad key', async () => {
  const gateway = spawnGateway({ ORDER_SERVICE_URL: 'nonsense', HTTP_PORT: '99999' });
  const [stderr, [code]] = await Promise.all([text(gateway.stderr), once(gateway, 'exit')]);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  for (const key of ['ORDER_SERVICE_URL', 'EVENT_PROCESSOR_URL', 'HTTP_PORT']) expect(stderr).toContain(key);
});

test('the process tells its ports, is ready with its upstreams down, and ends with code 0 on SIGTERM', async () => {
  const origin = await deadOrigin();
  const gateway = spawnGateway({
    ORDER_SERVICE_URL: origin,
    EVENT_PROCESSOR_URL: origin,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: '0',
  });
  const exited = once(gateway, 'exit');
  const lines: LogLine[] = [];
  const reader = createInterface(gateway.stdout).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
  await once(reader, 'line');
  const { httpPort, adminPort } = lines[0] as { httpPort: number; adminPort: number };
  expect(await send(adminPort, { path: '/readyz' })).toMatchObject({ status: 200 });
  expect(await send(httpPort, order)).toMatchObject({ status: 503 });
  expect((await send(adminPort, { path: '/metrics' })).body).toContain('upstream_errors_total{upstream="orders"');
  gateway.kill('SIGTERM');
  const [ended] = await Promise.all([exited, once(reader, 'close')]);
  expect(ended).toEqual([0, null]);
  expect(lines.map(({ msg }) => msg)).toEqual(['listening', 'started', 'request', 'stopping', 'stopped']);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { deadOrigin, order, send } from './harness.ts';

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
  const [line] = (await once(createInterface(gateway.stdout), 'line')) as [string];
  const { msg, httpPort, adminPort } = JSON.parse(line) as { msg: string; httpPort: number; adminPort: number };
  expect(msg).toBe('listening');
  expect(await send(adminPort, { path: '/readyz' })).toMatchObject({ status: 200 });
  expect(await send(httpPort, order)).toMatchObject({ status: 503 });
  expect((await send(adminPort, { path: '/metrics' })).body).toContain('upstream_errors_total{upstream="orders"');
  gateway.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const run = promisify(execFile);
const PRELOAD = join(import.meta.dirname, 'preload.ts');
const FIXTURE = join(import.meta.dirname, 'logs.fixture.ts');

let receiver: Server;
let received: { readonly path: string; readonly text: string }[];

beforeEach(async () => {
  received = [];
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', text: Buffer.concat(chunks).toString('latin1') });
      response.end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterEach(() => {
  receiver.close();
});

async function logLine(env: Readonly<Record<string, string>>): Promise<string> {
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const { stdout } = await run(process.execPath, ['--no-warnings', '--import', PRELOAD, FIXTURE], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env },
  });
  return stdout;
}

test('log lines go to the collector as well when OTEL_LOGS_EXPORTER says so, without secrets', async () => {
  const stdout = await logLine({ OTEL_LOGS_EXPORTER: 'otlp' });
  expect(JSON.parse(stdout)).toMatchObject({ msg: 'order taken', orderId: 'order-1', password: '[redacted]' });
  expect(received.map(({ path }) => path)).toEqual(['/v1/logs']);
  expect(received[0]?.text).toContain('order taken');
  expect(received[0]?.text).toContain('order-1');
  expect(received[0]?.text).not.toContain('hidden');
});

test('log lines stay on stdout otherwise', async () => {
  const stdout = await logLine({});
  expect(JSON.parse(stdout)).toMatchObject({ msg: 'order taken' });
  expect(received).toEqual([]);
});

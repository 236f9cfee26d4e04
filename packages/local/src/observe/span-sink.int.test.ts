import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SpanSink } from './span-sink.ts';

const span = (name: string) => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name });
const request = (...names: readonly string[]) => ({ resourceSpans: [{ scopeSpans: [{ spans: names.map(span) }] }] });

async function startSink(maxFileBytes?: number) {
  const directory = await mkdtemp(join(tmpdir(), 'orderflow-spans-'));
  const file = join(directory, 'spans.jsonl');
  const sink = new SpanSink({ file, ...(maxFileBytes === undefined ? {} : { maxFileBytes }) });
  await sink.start();
  return {
    sink,
    post: async (body: unknown, type = 'application/json') => {
      const headers = { 'content-type': type };
      const answer = await fetch(`${sink.url}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.status;
    },
    names: async () => {
      await sink.stop();
      const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
      return lines.map((line) => (JSON.parse(line) as { name: string }).name);
    },
    async [Symbol.asyncDispose]() {
      await sink.stop();
      await rm(directory, { recursive: true });
    },
  };
}

test('spans that were taken are in the file, in their order', async () => {
  await using running = await startSink();
  expect(await running.post(request('one', 'two'))).toBe(200);
  expect(await running.post(request('three'))).toBe(200);
  expect(await running.names()).toEqual(['one', 'two', 'three']);
  expect(running.sink.kept).toBe(3);
});

test('a full file takes no more, and what came too late is counted', async () => {
  await using running = await startSink(150);
  expect(await running.post(request('one', 'two', 'three'))).toBe(200);
  expect(await running.names()).toEqual(['one']);
  expect(running.sink.dropped).toBe(2);
});

test('says what is wrong with a request, and lives on', async () => {
  await using running = await startSink();
  expect(await running.post(request('binary'), 'application/x-protobuf')).toBe(415);
  expect(await running.post({ resourceSpans: 'none' })).toBe(400);
  expect((await fetch(`${running.sink.url}/v1/logs`, { method: 'POST' })).status).toBe(404);
  expect(await running.post(request('one'))).toBe(200);
  expect(await running.names()).toEqual(['one']);
});

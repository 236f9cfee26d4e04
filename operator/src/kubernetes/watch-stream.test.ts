import { describe, expect, test } from '@jest/globals';
import { readWatchEvents, type WatchEvent } from './watch-stream.ts';

const encoder = new TextEncoder();

interface Named {
  readonly name: string;
}

function added(name: string): string {
  return `${JSON.stringify({ type: 'ADDED', object: { name } })}\n`;
}

/** A connection that hands out these bytes and then ends, or stays as it is. */
function streamOf(chunks: readonly Uint8Array[], isOpenEnded = false): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      if (!isOpenEnded) controller.close();
    },
  });
}

async function read(chunks: readonly Uint8Array[]): Promise<WatchEvent<Named>[]> {
  const { signal } = new AbortController();
  const events: WatchEvent<Named>[] = [];
  const options = { call: 'watch deployments', silenceMs: 60_000, signal };
  for await (const event of readWatchEvents<Named>(async () => streamOf(chunks), options)) events.push(event);
  return events;
}

describe('readWatchEvents', () => {
  test('joins lines however the bytes are cut, also in the middle of a character', async () => {
    const bytes = encoder.encode(added('zwölf') + added('two'));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const events = await read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(events.map(({ object }) => (object as Named).name)).toEqual(['zwölf', 'two']);
    }
  });

  test('drops a line that was not finished', async () => {
    expect(await read([encoder.encode(`${added('one')}{"type":"MODI`)])).toHaveLength(1);
  });

  test('throws what an ERROR event says', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 5 (9)' };
    const line = `${JSON.stringify({ type: 'ERROR', object: status })}\n`;
    await expect(read([encoder.encode(line)])).rejects.toMatchObject({ status: 410, code: 'Expired', retryable: true });
  });

  test('ends without an error when it is told to, and gives the connection up', async () => {
    const stop = new AbortController();
    let given: AbortSignal | undefined;
    const open = async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      given = signal;
      const bytes = encoder.encode(added('one'));
      return new ReadableStream({
        start: (controller) => {
          controller.enqueue(bytes);
          signal.addEventListener('abort', () => controller.error(signal.reason));
        },
      });
    };
    const options = { call: 'watch deployments', silenceMs: 60_000, signal: stop.signal };
    const events: unknown[] = [];
    for await (const event of readWatchEvents<Named>(open, options)) {
      events.push(event);
      stop.abort();
    }
    expect({ count: events.length, isGivenUp: given?.aborted }).toEqual({ count: 1, isGivenUp: true });
  });

  test('gives the connection up when its reader has enough', async () => {
    let given: AbortSignal | undefined;
    const open = async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      given = signal;
      return streamOf([encoder.encode(added('one'))], true);
    };
    const options = { call: 'watch deployments', silenceMs: 60_000, signal: new AbortController().signal };
    const events = readWatchEvents<Named>(open, options);
    await events.next();
    await events.return(undefined);
    expect(given?.aborted).toBe(true);
  });
});

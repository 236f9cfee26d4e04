import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BoundedChannel, type ChannelLimits } from './bounded-channel.ts';

interface Item {
  readonly writer: number;
  readonly serial: number;
  readonly bytes: number;
}

const channelOf = (limits: ChannelLimits) => new BoundedChannel<Item>(limits, (item) => item.bytes);
const item = (serial: number, bytes = 1): Item => ({ writer: 0, serial, bytes });
const items = (count: number): Item[] => Array.from({ length: count }, (_, serial) => item(serial));
const NO_LINGER = { maxItems: 10, lingerMs: 0 };

/** Lets everything go on that can go on without a timer. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('BoundedChannel', () => {
  test('never holds more than its limits, loses nothing and keeps the order of each writer', async () => {
    const writers = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 }), {
      minLength: 1,
      maxLength: 5,
    });
    const limits = fc.record({
      maxMessages: fc.integer({ min: 1, max: 8 }),
      maxBytes: fc.integer({ min: 1, max: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(writers, limits, fc.integer({ min: 1, max: 9 }), async (sizesByWriter, bounds, maxItems) => {
        const channel = channelOf(bounds);
        const sent = sizesByWriter.map((sizes, writer) => sizes.map((bytes, serial) => ({ writer, serial, bytes })));
        const writing = Promise.all(sent.map((list) => channel.put(list)));
        const expected = sent.flat().length;
        const received: Item[] = [];
        while (received.length < expected) {
          await settle();
          expect(channel.messages).toBeLessThanOrEqual(bounds.maxMessages);
          expect(channel.bytes <= bounds.maxBytes || channel.messages === 1).toBe(true);
          received.push(...(await channel.take({ maxItems, lingerMs: 0 })));
        }
        expect(await writing).toEqual(sent.map(() => 'taken'));
        for (const [writer, list] of sent.entries()) {
          expect(received.filter((candidate) => candidate.writer === writer)).toEqual(list);
        }
        expect({ messages: channel.messages, bytes: channel.bytes }).toEqual({ messages: 0, bytes: 0 });
      }),
    );
  });

  test('makes a writer wait until there is room', async () => {
    const channel = channelOf({ maxMessages: 2, maxBytes: 100 });
    let isDone = false;
    const writing = channel.put(items(3)).then(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    await channel.take({ maxItems: 1, lingerMs: 0 });
    await writing;
    expect(channel.messages).toBe(2);
  });

  test('lets an item through that is larger than the whole channel, alone', async () => {
    const channel = channelOf({ maxMessages: 10, maxBytes: 10 });
    const writing = channel.put([item(1, 4), item(2, 50), item(3, 4)]);
    await settle();
    expect(await channel.take(NO_LINGER)).toEqual([item(1, 4)]);
    await settle();
    expect(await channel.take(NO_LINGER)).toEqual([item(2, 50)]);
    await settle();
    expect(await channel.take(NO_LINGER)).toEqual([item(3, 4)]);
    expect(await writing).toBe('taken');
  });

  test('close drops what is inside, turns writers away and lets the reader go', async () => {
    const full = channelOf({ maxMessages: 1, maxBytes: 10 });
    const waitingWriter = full.put(items(3));
    await settle();
    full.close();
    expect(await waitingWriter).toBe('closed');
    expect(await full.put(items(1))).toBe('closed');
    expect(await full.take(NO_LINGER)).toEqual([]);
    expect({ messages: full.messages, bytes: full.bytes }).toEqual({ messages: 0, bytes: 0 });

    const empty = channelOf({ maxMessages: 1, maxBytes: 10 });
    const waitingReader = empty.take(NO_LINGER);
    empty.close();
    expect(await waitingReader).toEqual([]);
  });
});

describe('BoundedChannel lingers', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('for others to come, until the first item has waited long enough', async () => {
    const channel = channelOf({ maxMessages: 100, maxBytes: 100 });
    const taking = channel.take({ maxItems: 10, lingerMs: 50 });
    await channel.put(items(2));
    await jest.advanceTimersByTimeAsync(49);
    await channel.put(items(1));
    expect(channel.messages).toBe(3);
    await jest.advanceTimersByTimeAsync(1);
    expect(await taking).toHaveLength(3);
  });

  test('no longer when there are enough', async () => {
    const channel = channelOf({ maxMessages: 100, maxBytes: 100 });
    const taking = channel.take({ maxItems: 3, lingerMs: 1_000 });
    await channel.put(items(2));
    await channel.put(items(2));
    expect(await taking).toHaveLength(3);
  });

  test('no longer when the channel is full, by messages or by bytes', async () => {
    for (const limits of [
      { maxMessages: 2, maxBytes: 100 },
      { maxMessages: 100, maxBytes: 2 },
    ]) {
      const channel = channelOf(limits);
      const writing = channel.put(items(3));
      expect(await channel.take({ maxItems: 50, lingerMs: 1_000 })).toHaveLength(2);
      await writing;
    }
  });

  test('not again for items that had to stay behind', async () => {
    const channel = channelOf({ maxMessages: 100, maxBytes: 100 });
    await channel.put(items(3));
    const first = channel.take({ maxItems: 2, lingerMs: 50 });
    expect(await first).toHaveLength(2);
    const second = channel.take({ maxItems: 2, lingerMs: 50 });
    await jest.advanceTimersByTimeAsync(50);
    expect(await second).toHaveLength(1);
  });
});

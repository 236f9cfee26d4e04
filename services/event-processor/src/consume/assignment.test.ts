import { describe, expect, test } from '@jest/globals';
import { incoming, messageBatch } from '../../test/order-events.ts';
import type { Delivery } from '../apply/prepared-delivery.ts';
import { Assignment, type AssignmentOptions } from './assignment.ts';
import type { OffsetGap } from './offset-tracker.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const messagesFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => incoming({ offset: BigInt(first + index) }));

/** Applies nothing until it is told to. */
class HeldDatabase {
  readonly started: (readonly Delivery[])[] = [];
  readonly applied: Delivery[] = [];
  readonly #gates: PromiseWithResolvers<void>[] = [];

  readonly apply = async (deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> => {
    this.started.push(deliveries);
    const gate = Promise.withResolvers<void>();
    this.#gates.push(gate);
    signal.addEventListener('abort', () => gate.reject(signal.reason as Error));
    await gate.promise;
    this.applied.push(...deliveries);
  };

  async release(index: number): Promise<void> {
    this.#gates[index]?.resolve();
    await settle();
  }
}

function assign(partitions: readonly number[], overrides: Partial<AssignmentOptions> = {}) {
  const database = new HeldDatabase();
  const gaps: OffsetGap[] = [];
  const failures: unknown[] = [];
  const assignment = new Assignment(1, partitions, {
    workers: 2,
    limits: { maxMessages: 8, maxBytes: 1_000_000 },
    batching: { maxItems: 3, lingerMs: 0 },
    apply: database.apply,
    storedOffsets: Promise.resolve(new Map()),
    onGap: (gap) => gaps.push(gap),
    onFailed: (error) => failures.push(error),
    ...overrides,
  });
  return { assignment, database, gaps, failures };
}

describe('Assignment', () => {
  test('applies a partition in order, one batch at a time', async () => {
    const { assignment, database } = assign([0]);
    await assignment.accept(messageBatch({ messages: messagesFrom(0, 3) }));
    await assignment.accept(messageBatch({ messages: messagesFrom(3, 3) }));
    await settle();
    expect(database.started).toHaveLength(1);
    await database.release(0);
    expect(assignment.tracker.uncommitted()).toEqual([{ partition: 0, nextOffset: 3n }]);
    await database.release(1);
    expect(database.applied.map(({ message }) => message.offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    await assignment.end(0);
  });

  test('works on its lanes side by side: a stuck one fills its own share and holds up no other', async () => {
    const { assignment, database } = assign([0, 1]);
    const stuck = assignment.accept(messageBatch({ partition: 0, messages: messagesFrom(0, 20) }));
    await settle();
    expect(assignment.load().messages).toBe(4); // half of the channel
    await assignment.accept(messageBatch({ partition: 1, messages: messagesFrom(0, 2) }));
    await settle();
    expect(database.started.map((deliveries) => deliveries[0]?.partition)).toEqual([0, 1]);
    await database.release(1);
    expect(database.applied.map(({ partition }) => partition)).toEqual([1, 1]);
    await assignment.end(0);
    await stuck;
  });

  test('puts partitions of one lane into one batch', async () => {
    const { assignment, database } = assign([0, 1], { workers: 1, batching: { maxItems: 100, lingerMs: 0 } });
    await assignment.accept(messageBatch({ partition: 0, messages: messagesFrom(0, 1) }));
    await settle();
    await assignment.accept(messageBatch({ partition: 0, messages: messagesFrom(1, 2) }));
    await assignment.accept(messageBatch({ partition: 1, messages: messagesFrom(7, 1) }));
    await database.release(0);
    await database.release(1);
    expect(database.started[1]?.map(({ partition }) => partition)).toEqual([0, 0, 1]);
    expect(assignment.tracker.uncommitted()).toEqual([
      { partition: 0, nextOffset: 3n },
      { partition: 1, nextOffset: 8n },
    ]);
    await assignment.end(0);
  });

  test('at its end lets the batch in hand finish and drops what waits', async () => {
    const { assignment, database } = assign([0]);
    await assignment.accept(messageBatch({ messages: messagesFrom(0, 6) }));
    const blocked = assignment.accept(messageBatch({ messages: messagesFrom(6, 20) }));
    await settle();
    const ended = assignment.end(60_000);
    await blocked;
    await database.release(0);
    await ended;
    expect(database.applied.map(({ message }) => message.offset)).toEqual([0n, 1n, 2n]);
    expect(assignment.tracker.uncommitted()).toEqual([{ partition: 0, nextOffset: 3n }]);
    expect(assignment.load()).toEqual({ messages: 0, bytes: 0 });
  });

  test('lets go of a batch that does not finish in time, without an error', async () => {
    const { assignment, database, failures } = assign([0]);
    await assignment.accept(messageBatch({ messages: messagesFrom(0, 1) }));
    await settle();
    await assignment.end(1);
    await settle();
    expect(database.applied).toEqual([]);
    expect(assignment.tracker.uncommitted()).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('reports a lane that dies', async () => {
    const { assignment, failures } = assign([0], { apply: () => Promise.reject(new Error('a bug')) });
    await assignment.accept(messageBatch({ messages: messagesFrom(0, 1) }));
    await settle();
    expect(failures).toEqual([new Error('a bug')]);
    await assignment.end(0);
  });

  test('reports offsets that are missing between the database and the first batch', async () => {
    const { assignment, gaps } = assign([0], { storedOffsets: Promise.resolve(new Map([[0, 5n]])) });
    await assignment.accept(messageBatch({ messages: messagesFrom(9, 1) }));
    expect(gaps).toEqual([{ partition: 0, expectedOffset: 5n, firstOffset: 9n }]);
    await assignment.end(0);
  });
});

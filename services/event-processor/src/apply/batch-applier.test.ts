import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { silentLogger } from '@orderflow/service-kit/logger';
import { orderCreated, toDelivery } from '../../test/order-events.ts';
import type { BatchOutcome } from './apply-batch.ts';
import { BatchApplier } from './batch-applier.ts';
import { isRefusal } from './database-refusal.ts';
import type { BatchPlan } from './plan-batch.ts';
import { prepareDelivery, type PreparedDelivery } from './prepared-delivery.ts';

const databaseError = (code: string) => Object.assign(new Error(`database says ${code}`), { code });
const NEVER = new AbortController().signal;

function prepare(count: number): PreparedDelivery[] {
  return Array.from({ length: count }, (_, index) =>
    prepareDelivery(toDelivery(orderCreated({ sequence: index + 1 }), { partition: 0, offset: BigInt(index) }), 0),
  );
}

/** A database that refuses events by their sequence and remembers in which order it took the others. */
class FakeDatabase {
  readonly taken: bigint[] = [];
  readonly dead: bigint[] = [];
  readonly #refused: ReadonlySet<number>;
  /** Errors to throw first, one per transaction. */
  readonly troubles: Error[] = [];
  retries = 0;

  constructor(refused: readonly number[] = []) {
    this.#refused = new Set(refused);
  }

  readonly applyPlan = async (plan: BatchPlan): Promise<BatchOutcome> => {
    const trouble = this.troubles.shift();
    if (trouble !== undefined) throw trouble;
    if (plan.events.some(({ event }) => this.#refused.has(event.sequence))) throw databaseError('22003');
    const offsets = [...plan.events, ...plan.dead].map(({ message }) => message.offset);
    this.taken.push(...offsets.toSorted((a, b) => Number(a - b)));
    this.dead.push(...plan.dead.map(({ message }) => message.offset));
    return { applied: plan.events, duplicates: plan.repeated, dead: plan.dead };
  };

  applier(): BatchApplier {
    const onRetry = (): void => {
      this.retries += 1;
    };
    return new BatchApplier({ applyPlan: this.applyPlan, logger: silentLogger(), onRetry });
  }
}

describe('BatchApplier', () => {
  test('makes dead letters of exactly the events that the database refuses, and keeps the order', async () => {
    const count = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(count, fc.uniqueArray(fc.integer({ min: 1, max: 40 })), async (events, refused) => {
        const database = new FakeDatabase(refused);
        const outcome = await database.applier().apply(prepare(events), NEVER);
        const offsets = Array.from({ length: events }, (_, index) => BigInt(index));
        const isRefused = (offset: bigint) => refused.includes(Number(offset) + 1);
        expect(database.taken).toEqual(offsets);
        expect(outcome.applied.map(({ message }) => message.offset)).toEqual(offsets.filter((o) => !isRefused(o)));
        expect(outcome.dead.map(({ message }) => message.offset)).toEqual(offsets.filter(isRefused));
      }),
    );
  });

  test('says in the dead letter what the database said', async () => {
    const outcome = await new FakeDatabase([1]).applier().apply(prepare(1), NEVER);
    expect(outcome.dead[0]?.error).toBe('REFUSED_BY_DATABASE: database says 22003');
  });

  test('finds one refused event among many in few transactions', async () => {
    const database = new FakeDatabase([700]);
    let transactions = 0;
    const applier = new BatchApplier({
      applyPlan: (plan) => {
        transactions += 1;
        return database.applyPlan(plan);
      },
      logger: silentLogger(),
      onRetry: () => undefined,
    });
    await applier.apply(prepare(900), NEVER);
    expect(transactions).toBeLessThan(30);
  });

  test('does not lose a dead letter that the database refuses: it fails', async () => {
    const database = new FakeDatabase();
    database.troubles.push(databaseError('22021'));
    const dead: PreparedDelivery[] = prepare(1).map(({ partition, message }) => ({
      kind: 'dead',
      partition,
      message,
      error: 'NOT_JSON: no',
    }));
    await expect(database.applier().apply(dead, NEVER)).rejects.toThrow('22021');
  });
});

describe('BatchApplier waits', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('for a database that is away, is not ready meanwhile, and condemns nothing', async () => {
    const database = new FakeDatabase();
    const codes = ['57P01', 'ECONNREFUSED', '40P01', '57014', '53100', '42P01', '42501'];
    database.troubles.push(...codes.map(databaseError), new Error('Query read timeout'));
    const applier = database.applier();
    const applying = applier.apply(prepare(3), NEVER);
    await jest.advanceTimersByTimeAsync(1);
    expect(applier.reasonNotReady()).toBe('batches cannot be written and are tried again');
    await jest.advanceTimersByTimeAsync(60_000);
    const outcome = await applying;
    expect(outcome.applied).toHaveLength(3);
    expect(outcome.dead).toEqual([]);
    expect(database.retries).toBe(codes.length + 1);
    expect(applier.reasonNotReady()).toBeUndefined();
  });

  test('no longer than its caller does', async () => {
    const database = new FakeDatabase();
    database.troubles.push(...Array.from({ length: 100 }, () => databaseError('57P03')));
    const abort = new AbortController();
    const applier = database.applier();
    const applying = applier.apply(prepare(1), abort.signal);
    applying.catch(() => undefined); // looked at below
    await jest.advanceTimersByTimeAsync(500);
    abort.abort();
    await expect(applying).rejects.toThrow(/abort/i);
    expect(applier.reasonNotReady()).toBeUndefined();
    expect(database.taken).toEqual([]);
  });
});

describe('isRefusal', () => {
  test.each(['22003', '22P02', '23514', '54000', 'P0001'])('takes %s for the fault of a value', (code) => {
    expect(isRefusal(databaseError(code))).toBe(true);
  });

  test.each(['40001', '53100', '57014', '42P01', '42501', '08006', 'XX000', 'EPIPE', '22'])(
    'takes %s for a fault of the moment or the installation',
    (code) => {
      expect(isRefusal(databaseError(code))).toBe(false);
    },
  );

  test('takes what has no code, or is no error, for neither', () => {
    expect([new Error('Connection terminated'), { code: '22003' }, undefined].map(isRefusal)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

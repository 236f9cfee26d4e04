import { describe, expect, test } from '@jest/globals';
import { systemClock } from '@orderflow/service-kit/clock';
import { aNewOrder } from '../../test/orders.ts';
import type { NewOrder } from '../domain/order.ts';
import type { InsertOutcome } from '../store/insert-orders.ts';
import { IntakeFullError, IntakeUnavailableError, OrderIntake, type OrderIntakePolicy } from './order-intake.ts';

const policy: OrderIntakePolicy = { groupSize: 64, lingerMs: 1, lanes: 1, queueLimit: 1_000, retryForMs: 50 };

type Insert = (group: readonly NewOrder[]) => Promise<InsertOutcome[]>;
const created: Insert = (group) => Promise.resolve(group.map(() => ({ kind: 'created' })));
const intakeWith = (insert: Insert, overrides: Partial<OrderIntakePolicy> = {}) =>
  new OrderIntake({ ...policy, ...overrides }, { insert, clock: systemClock });
const never = new AbortController().signal;

describe('OrderIntake', () => {
  test('answers only after the group is written', async () => {
    const gate = Promise.withResolvers<void>();
    const intake = intakeWith(async (group) => {
      await gate.promise;
      return created(group);
    });
    let isAnswered = false;
    const answer = intake.place(aNewOrder()).then(() => (isAnswered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    gate.resolve();
    await answer;
    expect(isAnswered).toBe(true);
  });

  test('gathers orders that arrive while a group is being written, at most a group size each', async () => {
    const sizes: number[] = [];
    const gate = Promise.withResolvers<void>();
    const intake = intakeWith(async (group) => {
      sizes.push(group.length);
      await gate.promise;
      return created(group);
    });
    const answers = Array.from({ length: 150 }, () => intake.place(aNewOrder()));
    gate.resolve();
    await Promise.all(answers);
    expect(sizes).toEqual([1, 64, 64, 21]);
  });

  test('gives every order its own outcome', async () => {
    const replayedOrder = aNewOrder().order;
    const intake = intakeWith((group) =>
      Promise.resolve(
        group.map(({ idempotency }): InsertOutcome => {
          if (idempotency?.key === 'old') return { kind: 'replayed', order: replayedOrder };
          return idempotency?.key === 'other' ? { kind: 'key-reused' } : { kind: 'created' };
        }),
      ),
    );
    const outcomes = await Promise.all(
      ['new', 'old', 'other'].map((idempotencyKey) => intake.place(aNewOrder({ idempotencyKey }))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['created', 'replayed', 'key-reused']);
  });

  test('one order that the database refuses does not fail the others of its group', async () => {
    const poison = aNewOrder({ request: { customerId: 'poison', items: [{ productId: 'p', quantity: 1, price: 1 }] } });
    const intake = intakeWith((group) => {
      if (group.includes(poison)) return Promise.reject(Object.assign(new Error('refused'), { code: '22P05' }));
      return created(group);
    });
    const orders = [
      ...Array.from({ length: 40 }, () => aNewOrder()),
      poison,
      ...Array.from({ length: 23 }, () => aNewOrder()),
    ];
    const outcomes = await Promise.allSettled(orders.map((order) => intake.place(order)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(outcomes[40]?.status).toBe('rejected');
  });

  test('writes the same group again after a lost connection', async () => {
    const groups: (readonly NewOrder[])[] = [];
    const intake = intakeWith((group) => {
      groups.push(group);
      if (groups.length === 1) return Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      return created(group);
    });
    await expect(intake.place(aNewOrder())).resolves.toEqual({ kind: 'created' });
    expect(groups[1]).toEqual(groups[0]);
  });

  test('gives up when the database stays away, without splitting the group', async () => {
    let calls = 0;
    const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const intake = intakeWith(() => {
      calls += 1;
      return Promise.reject(gone);
    });
    const answers = await Promise.allSettled([intake.place(aNewOrder()), intake.place(aNewOrder())]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(IntakeUnavailableError) });
    }
    expect(calls).toBeGreaterThan(0);
  });

  test('refuses at once what does not fit into the queue', async () => {
    const gate = Promise.withResolvers<void>();
    const intake = intakeWith(
      async (group) => {
        await gate.promise;
        return created(group);
      },
      { queueLimit: 2 },
    );
    const answers = [0, 1, 2].map(() => intake.place(aNewOrder()));
    await expect(intake.place(aNewOrder())).rejects.toBeInstanceOf(IntakeFullError);
    gate.resolve();
    await Promise.all(answers);
  });

  test('finishes what it has taken before it stops', async () => {
    const gate = Promise.withResolvers<void>();
    const intake = intakeWith(async (group) => {
      await gate.promise;
      return created(group);
    });
    const answers = Array.from({ length: 70 }, () => intake.place(aNewOrder()));
    const stopped = intake.stop(never);
    gate.resolve();
    await stopped;
    await expect(Promise.all(answers)).resolves.toHaveLength(70);
  });

  test('stops at once when it never took anything', async () => {
    await expect(intakeWith(created).stop(never)).resolves.toBeUndefined();
  });
});

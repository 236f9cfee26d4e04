import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { orderHistory } from '../order-history.ts';
import { compareRows, findMissing, findUnexplained, type WindowRows } from './compare-rows.ts';
import { indexLetters } from './dead-letters.ts';
import type { AuditedEffect } from './effect-windows.ts';
import type { AuditedOrder } from './order-windows.ts';

const NO_LETTERS = indexLetters([]);
const STATES = [
  ['CREATED', 1],
  ['PAID', 2],
  ['SHIPPED', 3],
  ['CANCELLED', 2],
  ['CANCELLED', 3],
] as const;

const orderLists: fc.Arbitrary<AuditedOrder[]> = fc
  .array(fc.record({ state: fc.constantFrom(...STATES), totalCents: fc.nat(100_000) }), { minLength: 1, maxLength: 12 })
  .map((seeds) =>
    seeds.map(({ state: [status, sequence], totalCents }, index) => ({
      orderId: `order-${index}`,
      status,
      sequence,
      totalCents,
    })),
  );

function effectsOf(orders: readonly AuditedOrder[]): AuditedEffect[] {
  return orders.flatMap(({ orderId, status, sequence }) =>
    (orderHistory(status, sequence) ?? []).map((eventType, index) => ({
      eventId: `${orderId}-event-${index + 1}`,
      orderId,
      sequence: index + 1,
      eventType,
    })),
  );
}

function rowsOf(orders: readonly AuditedOrder[], over: Partial<WindowRows> = {}): WindowRows {
  return { orders, unsent: [], effects: effectsOf(orders), deadLetters: NO_LETTERS, later: [], ...over };
}

test('finds nothing where every state change had its effect once', () => {
  fc.assert(
    fc.property(orderLists, (orders) => {
      expect(compareRows(rowsOf(orders))).toMatchObject({ findings: [], pending: [] });
    }),
  );
});

test('names every state change whose effect is gone, and no other', () => {
  fc.assert(
    fc.property(orderLists, fc.infiniteStream(fc.boolean()), (orders, coin) => {
      const effects = effectsOf(orders);
      const [kept, gone]: [AuditedEffect[], AuditedEffect[]] = [[], []];
      for (const effect of effects) (coin.next().value === true ? kept : gone).push(effect);
      const { findings, missingCreations } = compareRows(rowsOf(orders, { effects: kept }));
      expect(findings.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
        gone.map(({ orderId, sequence }) => `lost ${orderId}#${sequence}`).toSorted(),
      );
      expect(missingCreations.lost.orders).toBe(gone.filter(({ sequence }) => sequence === 1).length);
      expect(findMissing(orders, kept).toSorted()).toEqual([...new Set(gone.map(({ orderId }) => orderId))].toSorted());
    }),
  );
});

test('names every state change that was applied under a second event id', () => {
  fc.assert(
    fc.property(orderLists, fc.nat(), (orders, choice) => {
      const effects = effectsOf(orders);
      const twin = effects[choice % effects.length]!;
      const { findings } = compareRows(rowsOf(orders, { effects: [...effects, { ...twin, eventId: 'twin' }] }));
      expect(findings).toMatchObject([{ kind: 'duplicated', subject: `${twin.orderId}#${twin.sequence}` }]);
    }),
  );
});

describe('what is missing and not lost', () => {
  const order: AuditedOrder = { orderId: 'order-1', status: 'PAID', sequence: 2, totalCents: 700 };
  const [created, paid] = effectsOf([order]);

  test.each(['unsent', 'parked', 'given up'] as const)('is %s in the outbox', (reason) => {
    const unsent = [{ eventId: 'e', orderId: 'order-1', sequence: 2, reason, hasOrder: true }];
    const { findings, pending, missingCreations } = compareRows(rowsOf([order], { effects: [created!], unsent }));
    expect(findings).toEqual([]);
    expect(pending).toEqual([{ orderId: 'order-1', sequence: 2, reason }]);
    expect(missingCreations.pending).toEqual({ orders: 0, revenueCents: 0 });
  });

  test('is a dead letter, with its money', () => {
    const value = Buffer.from(JSON.stringify({ orderId: 'order-1', sequence: 1 }));
    const deadLetters = indexLetters([{ key: Buffer.from('order-1'), value }]);
    const comparison = compareRows(rowsOf([order], { effects: [paid!], deadLetters }));
    expect(comparison).toMatchObject({
      findings: [],
      pending: [{ sequence: 1, reason: 'dead letter' }],
      missingCreations: { pending: { orders: 1, revenueCents: 700 }, lost: { orders: 0 } },
    });
  });

  test('is a dead letter that says nothing but its key', () => {
    const letter = { key: Buffer.from('order-1'), value: Buffer.from('\u0000 broken') };
    const deadLetters = indexLetters([letter]);
    expect(compareRows(rowsOf([order], { effects: [], deadLetters })).findings).toEqual([]);
  });

  test('does not excuse another change of the order', () => {
    const value = Buffer.from(JSON.stringify({ orderId: 'order-1', sequence: 1 }));
    const deadLetters = indexLetters([{ key: null, value }]);
    const { findings } = compareRows(rowsOf([order], { effects: [], deadLetters }));
    expect(findings).toMatchObject([{ kind: 'lost', subject: 'order-1#2' }]);
  });
});

describe('an effect that the orders do not explain', () => {
  const order: AuditedOrder = { orderId: 'order-1', status: 'CREATED', sequence: 1, totalCents: 700 };
  const paid: AuditedOrder = { ...order, status: 'PAID', sequence: 2 };
  const effects = effectsOf([paid]);

  test('is fine when the order has moved meanwhile', () => {
    expect(findUnexplained([order], effects)).toEqual(['order-1']);
    expect(compareRows(rowsOf([order], { effects, later: [paid] })).findings).toEqual([]);
  });

  test('is foreign when it has not', () => {
    expect(compareRows(rowsOf([order], { effects, later: [order] })).findings).toMatchObject([
      { kind: 'foreign', subject: 'order-1#2' },
    ]);
    expect(compareRows(rowsOf([], { effects })).findings).toMatchObject([{ kind: 'foreign' }, { kind: 'foreign' }]);
  });
});

test('an effect of another type, and a status without a history, are named', () => {
  const order: AuditedOrder = { orderId: 'order-1', status: 'PAID', sequence: 2, totalCents: 1 };
  const [created, paid] = effectsOf([order]);
  const effects = [created!, { ...paid!, eventType: 'ORDER_SHIPPED' }];
  expect(compareRows(rowsOf([order], { effects })).findings).toMatchObject([{ kind: 'altered', subject: 'order-1#2' }]);
  const impossible = { ...order, status: 'SHIPPED' };
  expect(compareRows(rowsOf([impossible], { effects: [created!, paid!] })).findings).toMatchObject([
    { kind: 'altered', subject: 'order-1' },
  ]);
});

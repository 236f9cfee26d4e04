import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { newId } from '@orderflow/contracts/ids';
import { incoming, orderCreated, toDelivery } from '../../test/order-events.ts';
import { planBatch } from './plan-batch.ts';
import { prepareDelivery } from './prepared-delivery.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12, 1);
const EVENT_IDS = Array.from({ length: 6 }, newId);

/** Deliveries of several partitions, in order within each, some of one event, some poisoned. */
const deliveries = fc
  .array(fc.record({ partition: fc.nat(3), eventId: fc.constantFrom(...EVENT_IDS), isPoison: fc.boolean() }))
  .map((list) =>
    list.map(({ partition, eventId, isPoison }, index) =>
      isPoison
        ? { partition, message: incoming({ offset: BigInt(index) }) }
        : toDelivery(orderCreated({ eventId }), { partition, offset: BigInt(index) }),
    ),
  );

describe('planBatch', () => {
  test('places every delivery exactly once: as an event, as a repetition or as a dead letter', () => {
    fc.assert(
      fc.property(deliveries, (list) => {
        const plan = planBatch(list.map((delivery) => prepareDelivery(delivery, NOW_MS)));
        expect(plan.events.length + plan.repeated + plan.dead.length).toBe(list.length);
        const ids = plan.events.map(({ event }) => event.eventId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('moves each partition behind its last delivery, dead letters included, lowest partition first', () => {
    fc.assert(
      fc.property(deliveries, (list) => {
        const plan = planBatch(list.map((delivery) => prepareDelivery(delivery, NOW_MS)));
        const expected = [0, 1, 2, 3].flatMap((partition) => {
          const last = list.findLast((delivery) => delivery.partition === partition);
          return last === undefined ? [] : [{ partition, nextOffset: last.message.offset + 1n }];
        });
        expect(plan.progress).toEqual(expected);
        expect(plan.slot).toBe(expected[0]?.partition ?? 0);
      }),
    );
  });
});

describe('prepareDelivery', () => {
  test('makes a dead letter of what is no event, with the reason', () => {
    const delivery = { partition: 3, message: incoming({ value: Buffer.from('{'), offset: 9n }) };
    expect(prepareDelivery(delivery, NOW_MS)).toMatchObject({
      kind: 'dead',
      ...delivery,
      error: expect.stringMatching(/^NOT_JSON: /),
    });
  });

  test('tells when the time of an event was not believed', () => {
    const ahead = orderCreated({ timestamp: '2099-01-01T00:00:00.000Z' });
    const place = { partition: 0, offset: 0n };
    expect(prepareDelivery(toDelivery(ahead, place), NOW_MS)).toMatchObject({ kind: 'event', isClamped: true });
    expect(prepareDelivery(toDelivery(orderCreated(), place), NOW_MS)).toMatchObject({ isClamped: false });
  });
});

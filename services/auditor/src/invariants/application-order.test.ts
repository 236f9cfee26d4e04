import { expect, test } from '@jest/globals';
import { eventIdAt, exampleWorld, orderIdAt, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkApplicationOrder } from './application-order.ts';

const check = (world: World) => checkApplicationOrder(buildLedger(world)).result;
const shipped = orderIdAt(0);

test('holds, and counts events and orders', () => {
  expect(check(exampleWorld())).toMatchObject({ holds: true, checked: 7, explanation: '7 applied events of 3 orders' });
});

test('an order whose last events are still to come is in order', () => {
  const world = exampleWorld();
  world.analytics.applied = world.analytics.applied.filter(({ sequence }) => sequence < 3);
  expect(check(world).holds).toBe(true);
});

test('a gap is out of order', () => {
  const world = exampleWorld();
  world.analytics.applied = world.analytics.applied.filter(({ eventId }) => eventId !== eventIdAt(0, 2));
  expect(check(world).examples).toEqual([
    {
      kind: 'misordered',
      subject: shipped,
      text: `order ${shipped}: event 3 (partition 0 offset 4) was applied after event 1 (partition 0 offset 0)`,
    },
  ]);
});

test('a first event that is not the first is out of order', () => {
  const world = exampleWorld();
  world.analytics.applied = world.analytics.applied.filter(({ eventId }) => eventId !== eventIdAt(0, 1));
  expect(check(world).examples[0]?.text).toBe(`order ${shipped}: event 2 was applied first (partition 0 offset 2)`);
});

test('copies of an event may come at any time', () => {
  const world = exampleWorld();
  const { change } = world.topic.messages[0]!;
  world.topic.messages.push({ partition: 0, offset: 1_000, key: shipped, change });
  expect(check(world).holds).toBe(true);
});

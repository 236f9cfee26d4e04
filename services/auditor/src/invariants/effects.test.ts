import { expect, test } from '@jest/globals';
import { eventIdAt, exampleWorld, orderIdAt, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkEffects } from './effects.ts';

const check = (world: World) => checkEffects(buildLedger(world)).result;
const shipped = orderIdAt(0);

/** The last event of the shipped order was not applied, and not counted. */
function worldWithoutShipment(): World {
  const world = exampleWorld();
  world.analytics.applied = world.analytics.applied.filter(({ eventId }) => eventId !== eventIdAt(0, 3));
  for (const { totals } of [world.analytics.tables, world.analytics.view]) totals.delete('orders_shipped_total');
  return world;
}

/** Where the shipment lies: partition 0, after two events with a copy each. */
const SHIPMENT = { partition: 0, offset: 4 };
const missing = { subject: 'orders_shipped_total', text: 'orders_shipped_total is 0, the orders come to 1' };

test('holds, and counts events and figures', () => {
  expect(check(exampleWorld())).toMatchObject({ holds: true, explanation: '7 applied events, 14 figures' });
});

test('an event that the processor has passed is lost', () => {
  expect(check(worldWithoutShipment()).examples).toMatchObject([
    { kind: 'lost', subject: `${shipped}#3`, text: expect.stringContaining('passed over') },
    missing,
  ]);
});

test('an event that the processor has not come to is pending', () => {
  const world = worldWithoutShipment();
  world.analytics.nextOffsets.set(SHIPMENT.partition, SHIPMENT.offset);
  expect(check(world).examples).toMatchObject([{ kind: 'pending', subject: `${shipped}#3` }, missing]);
});

test('an event that was put aside is pending until it is replayed', () => {
  const world = worldWithoutShipment();
  world.analytics.deadLetters.push(SHIPMENT);
  expect(check(world).examples).toMatchObject([
    { kind: 'pending', text: expect.stringContaining('is a dead letter, not applied') },
    missing,
  ]);
});

test('a replayed dead letter is fine', () => {
  const world = exampleWorld();
  world.analytics.deadLetters.push(SHIPMENT);
  expect(check(world).holds).toBe(true);
});

test('an event may have been read from any of its messages', () => {
  const world = exampleWorld();
  world.analytics.applied.find(({ eventId }) => eventId === eventIdAt(0, 3))!.offset = SHIPMENT.offset + 1;
  expect(check(world).holds).toBe(true);
});

test('a cent is seen in every figure it touches', () => {
  const world = exampleWorld();
  for (const { totals } of [world.analytics.tables, world.analytics.view]) totals.set('revenue_total', 13_498);
  expect(check(world).examples).toEqual([
    { kind: 'miscounted', subject: 'revenue_total', text: 'revenue_total is 134.98, the orders come to 134.97' },
  ]);
});

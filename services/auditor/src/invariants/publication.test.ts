import { describe, expect, test } from '@jest/globals';
import { eventIdAt, exampleWorld, orderIdAt, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkPublication } from './publication.ts';
import { checkStateChanges } from './state-changes.ts';

const shipped = orderIdAt(0);
const stateChanges = (world: World) => checkStateChanges(buildLedger(world)).result;
const publication = (world: World) => checkPublication(buildLedger(world)).result;

function takeFromTopic(world: World, eventId: string) {
  const { change } = world.topic.messages.find((message) => message.change.eventId === eventId)!;
  world.topic.messages = world.topic.messages.filter((message) => message.change.eventId !== eventId);
  return { eventId, orderId: change.orderId, change };
}

test('both hold when every state change is in Kafka', () => {
  expect(stateChanges(exampleWorld())).toMatchObject({ holds: true, checked: 7 });
  expect(publication(exampleWorld())).toMatchObject({ holds: true, checked: 14, explanation: '14 messages' });
});

describe('an event that is not in Kafka', () => {
  test.each(['outbox', 'outboxDead'] as const)('is reported, and fine for now, in the %s', (table) => {
    const world = exampleWorld();
    world.orders[table].push(takeFromTopic(world, eventIdAt(0, 2)));
    expect(stateChanges(world).holds).toBe(true);
    expect(publication(world)).toMatchObject({ holds: true });
    expect(publication(world).explanation).toMatch(/1 event (still in the outbox|given up by the publisher)/);
  });

  test('is lost when it is nowhere', () => {
    const world = exampleWorld();
    takeFromTopic(world, eventIdAt(0, 2));
    const subject = `${shipped}#2`;
    expect(stateChanges(world).examples).toMatchObject([{ kind: 'lost', subject }]);
    expect(publication(world).examples).toEqual([
      { kind: 'lost', subject, text: `order ${shipped}: event 2 of 3 never reached Kafka` },
    ]);
  });

  test('may have been deleted by retention, which is said', () => {
    const world = exampleWorld();
    world.topic.expiredMessages = 1_000;
    takeFromTopic(world, eventIdAt(0, 1));
    expect(publication(world).explanation).toContain('1,000 messages deleted by retention');
  });
});

test('an event that was sent and not yet deleted from the outbox counts once', () => {
  const world = exampleWorld();
  const { change } = world.topic.messages[0]!;
  world.orders.outbox.push({ eventId: change.eventId, orderId: change.orderId, change });
  expect(stateChanges(world).holds).toBe(true);
  expect(publication(world).holds).toBe(true);
});

test('two events for one state change are named by their ids', () => {
  const world = exampleWorld();
  const { change } = world.topic.messages[0]!;
  world.topic.messages.push({ partition: 0, offset: 99, key: shipped, change: { ...change, eventId: 'second' } });
  expect(publication(world).examples).toEqual([
    {
      kind: 'duplicated',
      subject: `${shipped}#1`,
      text: `order ${shipped}: event 1 has two ids, ${eventIdAt(0, 1)} and second`,
    },
  ]);
});

test('a message that is no order event breaks I3 unless it lies in the dead letters', () => {
  const world = exampleWorld();
  world.topic.unreadable.push({ partition: 2, offset: 40 });
  expect(publication(world).examples).toMatchObject([{ kind: 'foreign', subject: 'partition 2 offset 40' }]);
  world.analytics.deadLetters.push({ partition: 2, offset: 40 });
  expect(publication(world)).toMatchObject({ holds: true, checked: 15 });
});

test('an outbox row whose payload cannot be read is altered, and its event lost', () => {
  const world = exampleWorld();
  const row = takeFromTopic(world, eventIdAt(0, 3));
  world.orders.outboxDead.push({ ...row, change: undefined });
  expect(stateChanges(world).examples.map(({ kind }) => kind)).toEqual(['lost', 'altered']);
});

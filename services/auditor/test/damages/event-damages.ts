import { append as appendMessage } from '../world.ts';
import { NEW_ID, remove, type Damage } from './damage.ts';

/** Damages of outbox and topic. */
export const eventDamages: readonly Damage[] = [
  {
    name: 'an event never reached Kafka',
    inflict: (world, pick) => {
      const { eventId } = pick(world.topic.messages).change;
      remove(world.topic.messages, ({ change }) => change.eventId === eventId);
    },
    breaks: ['I2', 'I3', 'I4'],
    counts: 'lost',
  },
  {
    name: 'an event and its effect are gone',
    inflict: (world, pick) => {
      const { eventId } = pick(world.topic.messages).change;
      remove(world.topic.messages, ({ change }) => change.eventId === eventId);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
    },
    breaks: ['I2', 'I3', 'I4'],
    counts: 'lost',
  },
  {
    name: 'an event of an order that does not exist is in Kafka',
    inflict: (world, pick) => {
      appendMessage(world, 0, { ...pick(world.topic.messages).change, orderId: NEW_ID, eventId: NEW_ID });
    },
    breaks: ['I3'],
  },
  {
    name: 'a state change has two events',
    inflict: (world, pick) => {
      appendMessage(world, 0, { ...pick(world.topic.messages).change, eventId: NEW_ID });
    },
    breaks: ['I2', 'I3'],
    counts: 'duplicated',
  },
  {
    name: 'an order has an event too many',
    inflict: (world, pick) => {
      const { change, partition } = pick(world.topic.messages);
      appendMessage(world, partition, { ...change, eventId: NEW_ID, sequence: 9 });
    },
    breaks: ['I2'],
  },
  {
    name: 'an order stands at another status than its events lead to',
    inflict: (world, pick) => {
      const row = pick(world.orders.orders.filter(({ sequence }) => sequence === 3));
      row.status = row.status === 'SHIPPED' ? 'CANCELLED' : 'SHIPPED';
    },
    breaks: ['I2', 'I4'],
    counts: 'altered',
  },
  {
    name: 'an order has a status that it cannot have after so many changes',
    inflict: (world, pick) => (pick(world.orders.orders).status = 'RETURNED'),
    breaks: ['I2'],
    counts: 'altered',
  },
  {
    name: 'an order has moved without an event',
    inflict: (world, pick) => {
      const row = pick(world.orders.orders);
      row.sequence += 1;
    },
    breaks: ['I2', 'I3'],
    counts: 'lost',
  },
  {
    name: 'an event has a total that is one cent too low',
    inflict: (world, pick) => (pick(world.topic.messages).change.totalCents -= 1),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event names another customer',
    inflict: (world, pick) => (pick(world.topic.messages).change.customerId = 'somebody-else'),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event lists other items',
    inflict: (world, pick) => {
      const created = world.topic.messages.filter(({ change }) => change.eventType === 'ORDER_CREATED');
      pick(created).change.itemsText = 'another-product 1 100';
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'an event tells of another time than that of its order',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      change.timestampMs -= change.sequence * 60_000;
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a redelivered event says something else',
    inflict: (world, pick) => {
      const change = { ...pick(world.topic.messages).change };
      appendMessage(world, 0, { ...change, timestampMs: change.timestampMs + 1 });
    },
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a message has the key of another order',
    inflict: (world, pick) => (pick(world.topic.messages).key = NEW_ID),
    breaks: ['I3'],
    counts: 'altered',
  },
  {
    name: 'a message is no order event and nobody put it aside',
    inflict: (world) => world.topic.unreadable.push({ partition: 0, offset: 1_000 }),
    breaks: ['I3'],
  },
  {
    name: 'an outbox row is of no order',
    inflict: (world) => world.orders.outbox.push({ eventId: NEW_ID, orderId: NEW_ID, change: undefined }),
    breaks: ['I2'],
  },
  {
    name: 'an outbox row has the payload of another event',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      world.orders.outbox.push({ eventId: NEW_ID, orderId: change.orderId, change });
    },
    breaks: ['I2'],
    counts: 'altered',
  },
  {
    name: 'an event is given up by the publisher',
    inflict: (world, pick) => {
      const { change } = pick(world.topic.messages);
      remove(world.topic.messages, (message) => message.change.eventId === change.eventId);
      remove(world.analytics.applied, (row) => row.eventId === change.eventId);
      world.orders.outboxDead.push({ eventId: change.eventId, orderId: change.orderId, change });
    },
    breaks: ['I4'],
    counts: 'pending',
  },
];

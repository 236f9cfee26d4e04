import { addEffects } from '../world.ts';
import { firstMessage, NEW_ID, remove, type Damage } from './damage.ts';

const swapPositions = (a: { partition: number; offset: number }, b: { partition: number; offset: number }): void => {
  const { partition, offset } = a;
  Object.assign(a, { partition: b.partition, offset: b.offset });
  Object.assign(b, { partition, offset });
};

/** Damages of what analytics applied. */
export const effectDamages: readonly Damage[] = [
  {
    name: 'two events of an order were published and applied in the wrong order',
    inflict: (world, pick) => {
      const later = pick(world.analytics.applied.filter(({ sequence }) => sequence > 1));
      const earlier = world.analytics.applied.find(
        (row) => row.orderId === later.orderId && row.sequence === later.sequence - 1,
      )!;
      swapPositions(firstMessage(world, later.eventId), firstMessage(world, earlier.eventId));
      swapPositions(later, earlier);
    },
    breaks: ['I5'],
  },
  {
    name: 'an event went to another partition than the one before it',
    inflict: (world, pick) => {
      const row = pick(world.analytics.applied.filter(({ sequence }) => sequence > 1));
      row.partition = 7;
      firstMessage(world, row.eventId).partition = 7;
      world.analytics.nextOffsets.set(7, 1_000);
    },
    breaks: ['I5'],
  },
  {
    name: 'an event was passed over',
    inflict: (world, pick) => {
      const { eventId } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
    },
    breaks: ['I4'],
    counts: 'lost',
  },
  {
    name: 'an event has not been read yet',
    inflict: (world, pick) => {
      const { eventId, partition, offset } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
      world.analytics.nextOffsets.set(partition, offset);
    },
    breaks: ['I4'],
    counts: 'pending',
  },
  {
    name: 'an event is a dead letter',
    inflict: (world, pick) => {
      const { eventId, partition, offset } = pick(world.analytics.applied);
      remove(world.analytics.applied, (row) => row.eventId === eventId);
      world.analytics.deadLetters.push({ partition, offset });
    },
    breaks: ['I4'],
    counts: 'pending',
  },
  {
    name: 'an event has two rows',
    inflict: (world, pick) => world.analytics.applied.push({ ...pick(world.analytics.applied) }),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'a state change was applied again under another event id',
    inflict: (world, pick) => world.analytics.applied.push({ ...pick(world.analytics.applied), eventId: NEW_ID }),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'the effects of an event were added twice',
    inflict: (world, pick) => addEffects(world, pick(world.topic.messages).change),
    breaks: ['I4'],
    counts: 'duplicated',
  },
  {
    name: 'an effect has no event',
    inflict: (world) => {
      const phantom = { eventId: NEW_ID, orderId: NEW_ID, sequence: 1, eventType: 'ORDER_CREATED' };
      world.analytics.applied.push({ ...phantom, partition: 0, offset: 0 });
    },
    breaks: ['I4'],
  },
  {
    name: 'an event was read from where it never lay',
    inflict: (world, pick) => (pick(world.analytics.applied).offset += 5_000),
    breaks: ['I4'],
  },
  {
    name: 'an event was applied as another type',
    inflict: (world, pick) => (pick(world.analytics.applied).eventType = 'ORDER_RETURNED'),
    breaks: ['I4'],
    counts: 'altered',
  },
];

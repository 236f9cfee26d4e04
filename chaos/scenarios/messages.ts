import { repeat, type Scenario } from './scenario.ts';

export const lateCommit: Scenario = {
  name: 'late-commit',
  title: 'transactions with low outbox ids that commit late',
  expected:
    'Their events are sent although thousands with higher ids were sent before: the publisher asks what exists, never ' +
    'what is greater than the last.',
  setting: { processors: 1 },
  full: { orders: 8_000, strikes: 3 },
  plan: (random, strikes) =>
    repeat(strikes, () => ({
      kind: 'late-commit',
      orders: random.between(5, 20),
      behindEvents: random.between(500, 1_500),
    })),
};

export const poisonFlood: Scenario = {
  name: 'poison-flood',
  title: 'thousands of messages that are no order events',
  expected:
    'Each lies in the dead letter queue with its place and its reason; all partitions go on within 10 s (I8), also when a ' +
    'processor dies in the middle of it.',
  setting: { processors: 2 },
  full: { orders: 10_000, strikes: 4 },
  plan: (random, strikes) =>
    repeat(strikes, (index) =>
      index % 3 === 2
        ? { kind: 'kill', victims: [random.pick(['event-processor-1', 'event-processor-2'])] }
        : { kind: 'poison', messages: random.between(300, 1_500) },
    ),
};

export const topicReplayed: Scenario = {
  name: 'topic-replayed',
  title: 'every message of the topic sent a second time',
  expected: 'The processors read all of it again, find every event id known, and add nothing.',
  setting: { processors: 2 },
  full: { orders: 10_000, strikes: 2 },
  plan: (_random, strikes) => repeat(strikes, () => ({ kind: 'replay-topic' })),
};

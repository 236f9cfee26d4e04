import { expect, test } from '@jest/globals';
import { parseExposition } from './exposition.ts';
import { buildFlow, type Look } from './flow.ts';
import { JOBS, type Job } from './surroundings.ts';

const process = (job: Job, name: string, text: string | undefined): Look['processes'][number] => ({
  job,
  name,
  adminUrl: 'http://127.0.0.1:1',
  exposition: text === undefined ? undefined : parseExposition(text),
});

const hopOf = (now: Look, short: Look | undefined, id: string) =>
  buildFlow({ now, short, long: short }).hops.find((hop) => hop.id === id);

test('a hop has the rate of its counter and what waits', () => {
  const at = (atMs: number, accepted: number): Look => ({
    atMs,
    jobs: JOBS,
    processes: [process('order-service', 'orders', `orders_accepted_total ${accepted}\norder_queue_depth 4`)],
  });
  expect(hopOf(at(1_000, 500), at(0, 0), 'orders')).toMatchObject({ isUp: true, perSecond: 500, waiting: 4 });
});

test('a process that does not answer is down, and its figures are not known', () => {
  const now = { atMs: 0, jobs: JOBS, processes: [process('api-gateway', 'gateway', undefined)] };
  expect(hopOf(now, undefined, 'gateway')).toMatchObject({ isUp: false, perSecond: null, waiting: null, p99Ms: null });
  expect(buildFlow({ now, short: undefined, long: undefined }).processes).toEqual([
    { name: 'gateway', job: 'api-gateway', isUp: false },
  ]);
});

test('a service that is not to run here is not expected', () => {
  const look = { atMs: 0, jobs: ['api-gateway'] as const, processes: [] };
  const { hops } = buildFlow({ now: look, short: undefined, long: undefined });
  expect(hops.filter(({ isExpected }) => isExpected).map(({ id }) => id)).toEqual(['gateway']);
});

test('replicas that read the outbox see the same rows, while their lags add up', () => {
  const now = {
    atMs: 0,
    jobs: JOBS,
    processes: [
      process('order-service', 'orders-1', 'outbox_unsent 9'),
      process('order-service', 'orders-2', 'outbox_unsent 8'),
      process('event-processor', 'p-1', 'consumer_lag_messages{partition="10"} 2'),
      process('event-processor', 'p-2', 'consumer_lag_messages{partition="2"} 3'),
    ],
  };
  expect(hopOf(now, undefined, 'outbox')?.waiting).toBe(9);
  expect(hopOf(now, undefined, 'topic')?.waiting).toBe(5);
  expect(buildFlow({ now, short: undefined, long: undefined }).partitions).toEqual([
    { partition: 2, lag: 3, member: 'p-2' },
    { partition: 10, lag: 2, member: 'p-1' },
  ]);
});

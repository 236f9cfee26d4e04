import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import { createClusterMetrics, createControllerMetrics, createWorkQueueMetrics } from './controller-metrics.ts';
import { Controller } from './controller.ts';
import { ClusterError, type ObjectRef, type WorkQueue } from './ports.ts';
import { LeadershipLostError } from './reconcile-context.ts';
import type { ReconcileResult } from './reconcile.ts';

const STANDBY_MS = 5_000;

/** Hands keys out at once and notes when they are to come again. */
class FakeQueue implements WorkQueue {
  readonly calls: string[] = [];
  readonly #ready: string[] = [];
  #waiting: ((key: string | undefined) => void) | undefined;
  #isShutDown = false;

  get depth(): number {
    return this.#ready.length;
  }

  add(key: string): void {
    this.#ready.push(key);
    this.#handOut();
  }

  addAfter(key: string, delayMs: number): void {
    this.calls.push(`${key} after ${delayMs}`);
  }

  addRateLimited(key: string): void {
    this.calls.push(`${key} rate limited`);
  }

  forget(key: string): void {
    this.calls.push(`${key} forgotten`);
  }

  take(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#handOut();
    });
  }

  done(): void {
    // One worker: nothing can come in between.
  }

  shutDown(): void {
    this.#isShutDown = true;
    this.#waiting?.(undefined);
  }

  #handOut(): void {
    if (this.#waiting === undefined || this.#ready.length === 0) return;
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve(this.#ready.shift());
  }
}

let queue: FakeQueue;
let controller: Controller;
let registry: Registry;
let isLeader: boolean;
let hasSynced: boolean;
let reconciled: string[];
let reconcile: (ref: ObjectRef) => Promise<ReconcileResult>;
let resets: number;
let changed: (ref: ObjectRef) => void;
let elected: (isLeader: boolean) => void;

beforeEach(() => {
  queue = new FakeQueue();
  registry = new Registry();
  isLeader = true;
  hasSynced = true;
  reconciled = [];
  resets = 0;
  reconcile = () => Promise.resolve({ requeueAfterMs: 4_000 });
  const ref = { namespace: 'shop', name: 'known' };
  controller = new Controller({
    queue,
    lagScalers: {
      get: () => undefined,
      list: () => [
        {
          ref,
          uid: 'u',
          resourceVersion: '1',
          generation: 1,
          createdAtMs: 0,
          isDeleting: false,
          finalizers: [],
          spec: {},
          status: {},
        },
      ],
      onChange: (listener) => (changed = listener),
      replaceStatus: () => Promise.resolve('written'),
      replaceFinalizers: () => Promise.resolve('written'),
    },
    leadership: { isLeader: () => isLeader, onChange: (listener) => (elected = listener) },
    reconciler: {
      reconcile: (found) => {
        reconciled.push(`${found.namespace}/${found.name}`);
        return reconcile(found);
      },
      reset: () => (resets += 1),
    },
    hasSynced: () => hasSynced,
    metrics: createControllerMetrics(registry),
    logger: silentLogger(),
    workers: 1,
    standbyMs: STANDBY_MS,
  });
});

afterEach(async () => {
  await controller.stop();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
}

test('everything known is reconciled at the start, and comes again when it asked to', async () => {
  controller.start();
  await settle();
  expect(reconciled).toEqual(['shop/known']);
  expect(queue.calls).toEqual(['shop/known forgotten', 'shop/known after 4000']);
});

test('what changes is reconciled', async () => {
  controller.start();
  changed({ namespace: 'shop', name: 'new' });
  await settle();
  expect(reconciled).toEqual(['shop/known', 'shop/new']);
});

test('what needs nothing more does not come again by itself', async () => {
  reconcile = () => Promise.resolve({});
  controller.start();
  await settle();
  expect(queue.calls).toEqual(['shop/known forgotten']);
});

test.each([
  ['leads', () => (isLeader = false)],
  ['has filled its caches', () => (hasSynced = false)],
])('before the process %s nothing is done, and nothing is lost', async (_, prepare) => {
  prepare();
  controller.start();
  await settle();
  expect(reconciled).toEqual([]);
  expect(queue.calls).toEqual([`shop/known after ${STANDBY_MS}`]);
});

test('who becomes the leader forgets what it saw before, and looks at everything at once', async () => {
  isLeader = false;
  controller.start();
  await settle();
  isLeader = true;
  elected(true);
  await settle();
  expect(resets).toBe(1);
  expect(reconciled).toEqual(['shop/known']);
});

test('a handler that throws is tried again with backoff, while the others go on', async () => {
  reconcile = ({ name }) => (name === 'known' ? Promise.reject(new Error('bug')) : Promise.resolve({}));
  controller.start();
  changed({ namespace: 'shop', name: 'other' });
  await settle();
  expect(queue.calls).toEqual(['shop/known rate limited', 'shop/other forgotten']);
  expect(await registry.metrics()).toContain('controller_runtime_reconcile_errors_total{controller="lagscaler"} 1');
});

test('the API server says itself when to come again (429)', async () => {
  const busy = new ClusterError('busy', { code: 'TooManyRequests', retryable: true, retryAfterMs: 7_000 });
  reconcile = () => Promise.reject(busy);
  controller.start();
  await settle();
  expect(queue.calls).toEqual(['shop/known after 7000']);
});

test('a lease that was lost on the way is no failure of the key', async () => {
  reconcile = () => Promise.reject(new LeadershipLostError());
  controller.start();
  await settle();
  expect(queue.calls).toEqual([`shop/known after ${STANDBY_MS}`]);
});

test('stopping waits for what is being reconciled', async () => {
  const end = Promise.withResolvers<ReconcileResult>();
  reconcile = () => end.promise;
  controller.start();
  await settle();
  let isStopped = false;
  const stopped = controller.stop().then(() => (isStopped = true));
  await settle();
  expect(isStopped).toBe(false);
  end.resolve({});
  await stopped;
});

test('dashboards of controller-runtime find their metrics', async () => {
  createWorkQueueMetrics(registry, () => 3);
  createClusterMetrics(registry).leadership.leading(true);
  const text = await registry.metrics();
  expect(text).toContain('workqueue_depth{name="lagscaler"} 3');
  expect(text).toContain('leader_election_master_status{name="lagscaler"} 1');
  for (const name of [
    'controller_runtime_reconcile_total',
    'controller_runtime_reconcile_time_seconds',
    'controller_runtime_active_workers',
    'workqueue_adds_total',
    'workqueue_retries_total',
    'workqueue_queue_duration_seconds',
    'workqueue_work_duration_seconds',
    'rest_client_requests_total',
  ]) {
    expect(text).toContain(`# TYPE ${name.replace(/_total$/, '')} `); // OpenMetrics leaves it out there
  }
});

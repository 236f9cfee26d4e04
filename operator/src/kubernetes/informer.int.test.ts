import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@orderflow/local/until';
import { silentLogger } from '@orderflow/service-kit/logger';
import { FakeApiServer } from '../../test/fake-api-server/fake-api-server.ts';
import { TOO_MANY_REQUESTS } from '../../test/fake-api-server/faults.ts';
import { JumpingTime } from '../../test/manual-time.ts';
import { deployment, DEPLOYMENT_COLLECTION, NAMESPACE } from '../../test/objects.ts';
import { ApiConnection } from './api-connection.ts';
import { DEPLOYMENTS, type DeploymentObject } from './deployments.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { ResourceClient } from './resource-client.ts';

const FIVE_MINUTES_MS = 300_000;

let api: FakeApiServer;
let connection: ApiConnection;
let informer: Informer<DeploymentObject>;
let time: JumpingTime;

function createInformer(options: Partial<InformerOptions<DeploymentObject>> = {}): Informer<DeploymentObject> {
  return new Informer<DeploymentObject>({
    name: 'deployments',
    source: new ResourceClient(connection, DEPLOYMENTS, NAMESPACE),
    logger: silentLogger(),
    time,
    random: () => 0.5,
    ...options,
  });
}

beforeEach(async () => {
  api = await FakeApiServer.start();
  connection = new ApiConnection({ kubeconfig: api.kubeconfig, requestTimeoutMs: 10_000 });
  time = new JumpingTime();
  informer = createInformer();
});

afterEach(async () => {
  const stopped = informer.stop();
  await connection.close();
  await stopped;
  await api[Symbol.asyncDispose]();
});

function add(name: string, replicas?: number): void {
  api.store.create(DEPLOYMENT_COLLECTION, deployment(name, replicas));
}

/** As somebody else would. */
function scale(name: string, replicas: number): void {
  api.store.patch(DEPLOYMENT_COLLECTION, { name, part: 'main' }, { spec: { replicas } });
}

function replicasOf(name: string): number | undefined {
  return informer.get({ namespace: NAMESPACE, name })?.spec?.replicas;
}

function untilReplicas(name: string, replicas: number): Promise<number | undefined> {
  const isDone = (seen: number | undefined): boolean => seen === replicas;
  return until(() => replicasOf(name), { what: `${name} is seen with ${replicas} replicas`, isDone });
}

function countLists(): number {
  return api.countCalls(({ verb }) => verb === 'list');
}

/** Starts the informer with `processor` at one replica, and waits until it watches. */
async function startWatching(): Promise<void> {
  add('processor', 1);
  informer.start();
  await untilReplicas('processor', 1);
  await until(() => api.watches.count === 1, { what: 'a watch is open' });
}

describe('Informer', () => {
  test('holds what is there, and follows what is added, changed and deleted', async () => {
    const changed: string[] = [];
    informer.onChange(({ namespace, name }) => changed.push(`${namespace}/${name}`));
    await startWatching();
    add('other', 3);
    scale('processor', 2);
    await untilReplicas('processor', 2);
    api.store.delete(DEPLOYMENT_COLLECTION, 'other');
    await until(() => informer.list().length === 1, { what: 'the deleted one is gone' });
    expect(changed).toEqual(['orders/processor', 'orders/other', 'orders/processor', 'orders/other']);
    expect(countLists()).toBe(1);
  });

  test('reads lists of many pages', async () => {
    for (let count = 0; count < 1_201; count += 1) add(`deployment-${count}`);
    informer.start();
    await informer.whenSynced();
    expect(informer.list()).toHaveLength(1_201);
    expect(countLists()).toBe(3);
  });

  test('goes on where it was after a reset, also in the middle of a line, without a new list', async () => {
    await startWatching();
    api.watches.reset();
    scale('processor', 2);
    await untilReplicas('processor', 2);
    await until(() => api.watches.count === 1, { what: 'a watch is open again' });
    api.watches.resetInsideLine();
    scale('processor', 3);
    await untilReplicas('processor', 3);
    expect(countLists()).toBe(1);
  });

  test('goes on where it was when the API server ends the watch at its time', async () => {
    await startWatching();
    api.watches.end();
    scale('processor', 2);
    await untilReplicas('processor', 2);
    expect(countLists()).toBe(1);
  });

  test('goes on from a bookmark, so that a quiet resource needs no new list', async () => {
    await startWatching();
    api.store.create({ ...DEPLOYMENT_COLLECTION, namespace: 'elsewhere' }, deployment('noise'));
    api.store.compact();
    api.watches.sendBookmarks();
    api.watches.end();
    scale('processor', 2);
    await untilReplicas('processor', 2);
    expect(countLists()).toBe(1);
  });

  test.each(['as the first event', 'as the answer'])('lists again when its version is gone (410 %s)', async (form) => {
    await startWatching();
    add('other');
    await untilReplicas('other', 1);
    const changed: string[] = [];
    informer.onChange(({ name }) => changed.push(name));
    if (form === 'as the answer')
      api.faults.add(({ verb }) => verb === 'watch', { kind: 'status', code: 410, reason: 'Expired' });
    const reset = until(() => api.watches.count === 0, { what: 'the watch is gone', intervalMs: 1 });
    api.watches.reset();
    api.store.delete(DEPLOYMENT_COLLECTION, 'other');
    api.store.compact();
    await reset.catch(() => undefined);
    await until(() => informer.list().length === 1, { what: 'the deletion that nobody told is noticed' });
    expect(countLists()).toBe(2);
    expect(changed).toEqual(expect.arrayContaining(['other', 'processor']));
  });

  test('does not wait for ever on a connection that is half open', async () => {
    informer = createInformer({ silenceMs: 250 });
    await startWatching();
    api.silenceConnections();
    scale('processor', 2);
    await untilReplicas('processor', 2);
    expect(countLists()).toBe(1);
  });

  test('an API server that is down for 5 min leaves the cache readable, and is asked ever more seldom', async () => {
    await startWatching();
    await api.goDown();
    scale('processor', 2);
    await until(() => time.monotonicMs() >= FIVE_MINUTES_MS, { what: 'five minutes have passed' });
    expect({ replicas: replicasOf('processor'), hasSynced: informer.hasSynced }).toEqual({
      replicas: 1,
      hasSynced: true,
    });
    expect(time.sleeps.length).toBeGreaterThan(10);
    expect(time.sleeps.slice(0, 6)).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800]);
    expect(Math.max(...time.sleeps)).toBeLessThanOrEqual(30_000);
    await api.comeUp();
    await untilReplicas('processor', 2);
    expect(countLists()).toBe(1);
  });

  test('an API server that is down at the start is waited for', async () => {
    await api.goDown();
    informer.start();
    await until(() => time.sleeps.length > 3, { what: 'it has tried several times' });
    expect(informer.hasSynced).toBe(false);
    await api.comeUp();
    await informer.whenSynced();
    expect(informer.hasSynced).toBe(true);
  });

  test('waits as long as a 429 asks for', async () => {
    api.faults.add(({ verb }) => verb === 'list', { ...TOO_MANY_REQUESTS, retryAfterSeconds: 42 });
    informer.start();
    await informer.whenSynced();
    expect(time.sleeps[0]).toBe(42_000);
  });

  test('a server that ends every watch at once is not asked in a tight loop', async () => {
    await startWatching();
    for (let count = 0; count < 5; count += 1) {
      api.watches.end();
      await until(() => time.sleeps.length > count, { what: 'it rests' });
      await until(() => api.watches.count === 1, { what: 'a watch is open again' });
    }
    expect(time.sleeps).toEqual([400, 800, 1_600, 3_200, 6_400]);
  });

  test('a listener that throws ends nothing, and the others are still told', async () => {
    const changed: string[] = [];
    informer.onChange(() => {
      throw new Error('listener');
    });
    informer.onChange(({ name }) => changed.push(name));
    await startWatching();
    scale('processor', 2);
    await untilReplicas('processor', 2);
    expect(changed).toEqual(['processor', 'processor']);
  });

  test('takes a resource that is not installed for empty where told so, and notices its arrival', async () => {
    const notFound = { kind: 'status', code: 404, reason: 'NotFound' } as const;
    api.faults.add(({ verb }) => verb === 'list', notFound, 3);
    informer = createInformer({ whenAbsentMs: FIVE_MINUTES_MS });
    add('processor', 1);
    informer.start();
    await informer.whenSynced();
    expect(informer.list()).toEqual([]);
    await untilReplicas('processor', 1);
    expect(time.sleeps).toEqual([FIVE_MINUTES_MS, FIVE_MINUTES_MS, FIVE_MINUTES_MS]);
  });

  test('stops while a list hangs, and stop before start is fine', async () => {
    api.faults.add(({ verb }) => verb === 'list', { kind: 'silence' });
    informer.start();
    await until(() => countLists() === 1, { what: 'the list is asked for' });
    const unstarted = createInformer();
    await unstarted.stop();
    unstarted.start();
    expect(countLists()).toBe(1);
  });
});

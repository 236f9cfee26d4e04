import { describe, expect, test } from '@jest/globals';
import { deployment, DEPLOYMENT_COLLECTION } from '../objects.ts';
import { ObjectStore } from './object-store.ts';

const NAME = 'event-processor';
const MAIN = { name: NAME, part: 'main' } as const;

/** What a real API server does too: tried on Kubernetes 1.35. */
describe('ObjectStore', () => {
  test('counts a generation for a change of the spec, and none for the status', () => {
    const store = new ObjectStore();
    const created = store.create(DEPLOYMENT_COLLECTION, deployment(NAME, 1));
    const scaled = store.patch(DEPLOYMENT_COLLECTION, MAIN, { spec: { replicas: 2 } });
    const seen = store.patch(DEPLOYMENT_COLLECTION, { name: NAME, part: 'status' }, { status: { readyReplicas: 2 } });
    expect([created, scaled, seen].map(({ metadata }) => metadata.generation)).toEqual([1, 2, 2]);
    expect(new Set([created, scaled, seen].map(({ metadata }) => metadata.resourceVersion)).size).toBe(3);
  });

  test('a write that changes nothing leaves the version alone and tells nobody', () => {
    const store = new ObjectStore();
    const created = store.create(DEPLOYMENT_COLLECTION, deployment(NAME, 1));
    const told: string[] = [];
    store.onChange(({ type }) => told.push(type));
    expect(store.patch(DEPLOYMENT_COLLECTION, MAIN, { spec: { replicas: 1 } }).metadata).toEqual(created.metadata);
    expect(told).toEqual([]);
  });

  test('refuses a stale version, and a status is not written by a write of the rest', () => {
    const store = new ObjectStore();
    const created = store.create(DEPLOYMENT_COLLECTION, deployment(NAME, 1));
    store.patch(DEPLOYMENT_COLLECTION, MAIN, { spec: { replicas: 2 }, status: { readyReplicas: 9 } });
    expect(() => store.replace(DEPLOYMENT_COLLECTION, created, 'main')).toThrow('has been modified');
    expect(store.get(DEPLOYMENT_COLLECTION, NAME).status).toEqual(created.status);
  });

  test('keeps what has finalizers until the last one is gone', () => {
    const store = new ObjectStore();
    store.create(DEPLOYMENT_COLLECTION, { ...deployment(NAME), metadata: { name: NAME, finalizers: ['a', 'b'] } });
    expect(store.delete(DEPLOYMENT_COLLECTION, NAME).metadata).toHaveProperty('deletionTimestamp');
    store.patch(DEPLOYMENT_COLLECTION, MAIN, { metadata: { finalizers: ['b'] } });
    expect(store.find(DEPLOYMENT_COLLECTION, NAME)).toBeDefined();
    store.patch(DEPLOYMENT_COLLECTION, MAIN, { metadata: { finalizers: [] } });
    expect(store.find(DEPLOYMENT_COLLECTION, NAME)).toBeUndefined();
  });

  test('tells the changes since a version, until they are compacted', () => {
    const store = new ObjectStore();
    const { resourceVersion } = store;
    store.create(DEPLOYMENT_COLLECTION, deployment(NAME, 1));
    store.create({ ...DEPLOYMENT_COLLECTION, namespace: 'elsewhere' }, deployment(NAME, 1));
    store.delete(DEPLOYMENT_COLLECTION, NAME);
    const changes = store.changesSince(DEPLOYMENT_COLLECTION, Number(resourceVersion));
    expect(changes.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
    store.compact();
    expect(() => store.changesSince(DEPLOYMENT_COLLECTION, Number(resourceVersion))).toThrow('too old');
    expect(store.changesSince(DEPLOYMENT_COLLECTION, Number(store.resourceVersion))).toEqual([]);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { ControllerWorld, POLL_MS, SPEC } from '../../test/controller-world.ts';
import { RESTORE_FINALIZER } from '../api/v1alpha1/resource.ts';

let world: ControllerWorld;

beforeEach(() => {
  world = new ControllerWorld();
});

describe('a backlog', () => {
  test('is answered by one write within two polls, drained, and followed by one way down', async () => {
    await world.fallBehind();
    await world.pass(10);
    expect(world.cluster.scaleWrites).toHaveLength(1);
    const [up = 0] = world.cluster.scaleWrites;
    expect(up).toBeGreaterThan(4);
    expect(up).toBeLessThanOrEqual(12);
    await world.pass(120);
    expect(world.kafka.lag).toBeLessThan(500);
    world.kafka.arrivalRate = 50;
    await world.pass(900);
    expect(world.cluster.deployment?.specReplicas).toBe(1);
    expect(world.cluster.scaleWrites.length).toBeLessThanOrEqual(3);
    expect(world.cluster.scaleWrites.toSorted((a, b) => b - a)).toEqual(world.cluster.scaleWrites);
  });

  test('is shown in status and told in an event', async () => {
    await world.fallBehind();
    await world.pass(20);
    expect(world.status).toMatchObject({
      observedGeneration: 1,
      initialReplicas: 1,
      currentReplicas: world.cluster.scaleWrites[0],
      lastScaleTime: expect.any(String),
      lastDecision: { terms: { partitions: 12 } },
    });
    expect(world.condition('Ready')).toBe('True LookedAfter');
    expect(world.condition('Scaling')).toBe('True Active');
    expect(world.eventReasons).toEqual(['ScaledUp']);
    expect(world.cluster.events[0]?.note).toContain(`From 1 to ${world.cluster.scaleWrites[0]} replicas`);
  });

  test('scales nothing before the status says what is meant', async () => {
    await world.fallBehind();
    const order: string[] = [];
    const { lagScalers, deployments } = world.cluster;
    const { replaceStatus } = lagScalers;
    const { setScale } = deployments;
    lagScalers.replaceStatus = (resource, status) => {
      order.push(`status ${(status as { desiredReplicas: number }).desiredReplicas}`);
      return replaceStatus(resource, status);
    };
    deployments.setScale = (request) => {
      order.push(`scale ${request.replicas}`);
      return setScale(request);
    };
    await world.pass(10);
    const scaled = order.findIndex((write) => write.startsWith('scale'));
    expect(order[scaled - 1]).toBe(order[scaled]?.replace('scale', 'status'));
  });
});

describe('idle', () => {
  test('costs no writes at all', async () => {
    await world.pass(300);
    const { statusWrites } = world.cluster;
    await world.pass(3_600);
    expect(world.cluster.statusWrites).toBe(statusWrites);
    expect(world.cluster.scaleWrites).toEqual([]);
  });

  test('polls keep their distance, however often the key comes', async () => {
    await world.reconcile();
    const { reads } = world.kafka;
    for (let times = 0; times < 10; times += 1) await world.reconcile();
    expect(world.kafka.reads).toBe(reads);
    expect(await world.reconcile()).toEqual({ requeueAfterMs: POLL_MS });
  });

  test('a new spec is polled at once', async () => {
    await world.reconcile();
    world.cluster.changeSpec({ ...SPEC, maxReplicas: 6 });
    await world.reconcile();
    expect(world.kafka.reads).toBe(2);
    expect(world.status.observedGeneration).toBe(2);
  });

  test('a clock that is set back does not put off the next poll', async () => {
    await world.reconcile();
    world.nowMs -= 3_600_000;
    await world.reconcile();
    expect(world.kafka.reads).toBe(2);
  });
});

describe('deletion', () => {
  test('restores the replicas with Kafka down, and lets the LagScaler go', async () => {
    world = new ControllerWorld({ replicas: 2, spec: { ...SPEC, onDelete: 'Restore' } });
    await world.fallBehind();
    await world.pass(20);
    expect(world.cluster.lagScaler?.finalizers).toEqual([RESTORE_FINALIZER]);
    expect(world.cluster.deployment?.specReplicas).toBeGreaterThan(2);
    world.kafka.isDown = true;
    world.cluster.deleteLagScaler();
    await world.pass(5);
    expect(world.cluster.deployment?.specReplicas).toBe(2);
    expect(world.cluster.lagScaler).toBeUndefined();
    expect(world.eventReasons.at(-1)).toBe('Restored');
  });

  test('ends also when the Deployment is gone', async () => {
    world = new ControllerWorld({ spec: { ...SPEC, onDelete: 'Restore' } });
    await world.pass(10);
    world.cluster.deployment = undefined;
    world.cluster.deleteLagScaler();
    await world.pass(5);
    expect(world.cluster.lagScaler).toBeUndefined();
  });

  test('keeps the replicas and needs no finalizer by default', async () => {
    await world.fallBehind();
    await world.pass(20);
    expect(world.cluster.lagScaler?.finalizers).toEqual([]);
    const replicas = world.cluster.deployment?.specReplicas;
    world.cluster.deleteLagScaler();
    expect(await world.reconcile()).toEqual({});
    expect(world.cluster.deployment?.specReplicas).toBe(replicas);
  });

  test('onDelete: Keep takes the finalizer back', async () => {
    world = new ControllerWorld({ spec: { ...SPEC, onDelete: 'Restore' } });
    await world.pass(10);
    world.cluster.changeSpec({ ...SPEC, onDelete: 'Keep' });
    await world.pass(5);
    expect(world.cluster.lagScaler?.finalizers).toEqual([]);
  });
});

describe('modes', () => {
  test('DryRun decides and says so, and scales nothing', async () => {
    world = new ControllerWorld({ spec: { ...SPEC, mode: 'DryRun' } });
    await world.fallBehind();
    await world.pass(10);
    expect(world.cluster.scaleWrites).toEqual([]);
    expect(world.status.desiredReplicas).toBeGreaterThan(4);
    expect(world.condition('Scaling')).toBe('False DryRun');
    expect(world.eventReasons).toEqual(['WouldScaleUp']);
  });

  test('Paused asks nothing and writes nothing but that', async () => {
    world = new ControllerWorld({ spec: { ...SPEC, mode: 'Paused' } });
    await world.fallBehind();
    await world.pass(60);
    expect(world.kafka.reads).toBe(0);
    expect(world.condition('Ready')).toBe('False Paused');
    expect(world.cluster.statusWrites).toBe(1);
  });

  test('a spec that makes no sense is reported and waits to be changed', async () => {
    world = new ControllerWorld({ spec: { ...SPEC, minReplicas: 9, maxReplicas: 3 } });
    expect(await world.reconcile()).toEqual({});
    expect(world.condition('Ready')).toBe('False InvalidSpec');
    expect(world.eventReasons).toEqual(['InvalidSpec']);
  });
});

test('a status of an older operator is taken over as far as it is understood', async () => {
  world.cluster.createLagScaler(SPEC, {
    observedGeneration: 'one',
    currentReplicas: 1,
    phase: 'Scaling',
    conditions: [{ type: 'Happy', status: 'True' }],
    memory: { version: 0, samples: [] },
  });
  await world.pass(10);
  expect(world.condition('Ready')).toBe('True LookedAfter');
  expect(world.cluster.lagScaler?.status).not.toHaveProperty('phase');
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { ControllerWorld, SPEC } from '../../test/controller-world.ts';
import { toStoredMemory } from '../api/v1alpha1/status.ts';
import { EMPTY_MEMORY } from '../scaling/memory.ts';
import { ClusterError } from './ports.ts';

// The rows of the failure matrix that reach the reconciler.
let world: ControllerWorld;

beforeEach(() => {
  world = new ControllerWorld();
});

describe('Kafka', () => {
  test('with one broker down: nothing is taken away, and the condition names what is missing', async () => {
    world = new ControllerWorld({ replicas: 6 });
    await world.pass(60);
    world.kafka.unanswered.add(3);
    await world.pass(1_200);
    expect(world.cluster.scaleWrites).toEqual([]);
    expect(world.condition('MetricsAvailable')).toBe('False OffsetsMissing');
    expect(world.condition('Ready')).toBe('False OffsetsMissing');
    expect(world.eventReasons).toEqual(['OffsetsMissing']);
    world.kafka.unanswered.clear();
    await world.pass(600);
    expect(world.condition('Ready')).toBe('True LookedAfter');
    expect(world.cluster.deployment?.specReplicas).toBe(1);
  });

  test('with an answer that comes late once: no alarm', async () => {
    await world.pass(60);
    world.kafka.unanswered.add(3);
    await world.pass(10);
    world.kafka.unanswered.clear();
    await world.pass(60);
    expect(world.eventReasons).toEqual([]);
    expect(world.condition('Ready')).toBe('True LookedAfter');
  });

  test('with all brokers down for 10 minutes: the fallback, then back', async () => {
    await world.pass(60);
    world.kafka.isDown = true;
    await world.pass(600);
    expect(world.cluster.scaleWrites).toEqual([3]);
    expect(world.condition('MetricsAvailable')).toBe('False KafkaUnavailable');
    expect(world.status.conditions.find(({ type }) => type === 'Ready')?.message).toContain('ECONNREFUSED');
    expect(world.eventReasons).toEqual(['KafkaUnavailable', 'ScaledUp']);
    world.kafka.isDown = false;
    await world.pass(900);
    expect(world.condition('Ready')).toBe('True LookedAfter');
    expect(world.cluster.scaleWrites).toEqual([3, 1]);
  });

  test('whose brokers say something else each time costs no write per poll', async () => {
    await world.pass(60);
    world.kafka.isDown = true;
    await world.pass(150); // the fallback has been acted upon
    const { statusWrites } = world.cluster;
    await world.pass(300);
    expect(world.cluster.statusWrites - statusWrites).toBeLessThanOrEqual(300 / 15 + 1);
  });

  test('with a topic that is made anew with 24 partitions: a warning, no panic, and the new ladder', async () => {
    world.kafka.arrivalRate = 50;
    await world.pass(300);
    world.kafka.partitions = Array.from({ length: 24 }, () => ({ logEnd: 0n, committed: 40n, isPoisoned: false }));
    await world.pass(5);
    expect(world.eventReasons).toContain('OffsetRegression');
    expect(world.cluster.scaleWrites).toEqual([]);
    for (const partition of world.kafka.partitions) partition.committed = 0n;
    await world.pass(300);
    expect(world.status.lastDecision?.['terms']).toMatchObject({ partitions: 24 });
  });

  test('with a group that rebalances for ever: nothing is taken away, and replicas are not piled up', async () => {
    world = new ControllerWorld({ replicas: 4 });
    world.kafka.arrivalRate = 20;
    await world.pass(60);
    world.kafka.groupState = 'Rebalancing';
    await world.pass(600);
    expect(world.cluster.scaleWrites.filter((replicas) => replicas < 4)).toEqual([]);
    expect(world.cluster.scaleWrites.length).toBeLessThanOrEqual(2);
  });

  test('with commits once a minute: nobody takes the waiting for a backlog', async () => {
    world.kafka.arrivalRate = 60;
    world.kafka.commitSeconds = 60;
    await world.pass(1_800); // at first nobody knows that it is only the commits
    const learning = world.cluster.scaleWrites.length;
    expect(learning).toBeLessThanOrEqual(2);
    await world.pass(1_800);
    expect(world.cluster.scaleWrites).toHaveLength(learning);
  });

  test('with a poisoned partition: it is named, and no replica is wasted on it', async () => {
    world.kafka.arrivalRate = 60;
    await world.pass(120);
    const [poisoned] = world.kafka.partitions;
    if (poisoned !== undefined) poisoned.isPoisoned = true;
    await world.pass(1_800);
    expect(world.condition('PartitionsStalled')).toBe('True CommitStuck');
    expect(world.eventReasons).toContain('CommitStuck');
    expect(world.cluster.deployment?.specReplicas).toBeLessThanOrEqual(2);
  });

  test('with a database that is the bottleneck: it says so, and stops adding replicas', async () => {
    world.kafka.groupRate = 100;
    world.kafka.arrivalRate = 90;
    await world.pass(120);
    world.kafka.arrivalRate = 110;
    await world.pass(600);
    expect(world.condition('ScalingEffective')).toBe('False ScalingIneffective');
    expect(world.eventReasons).toContain('ScalingIneffective');
    const { length } = world.cluster.scaleWrites;
    expect(length).toBeLessThanOrEqual(3);
    await world.pass(1_800);
    expect(world.cluster.scaleWrites).toHaveLength(length);
  });
});

test('a bottleneck behind the consumers: what a leader has learned of it holds for the next one', async () => {
  world.cluster.createDeployment(4);
  world.kafka.groupRate = 100;
  world.kafka.arrivalRate = 300;
  const learned = { ...EMPTY_MEMORY.learned, messagesPerSecondPerReplica: 25, replicas: 4, ineffectiveUps: 2 };
  world.cluster.createLagScaler(SPEC, { memory: toStoredMemory({ ...EMPTY_MEMORY, learned }) });
  await world.pass(300);
  expect(world.cluster.scaleWrites).toEqual([]);
  expect(world.condition('ScalingEffective')).toBe('False ScalingIneffective');
  expect(world.eventReasons).toContain('ScalingIneffective');
});

describe('the Deployment', () => {
  test('that is missing is reported; made anew, it is scaled without taking its replicas for manual', async () => {
    await world.pass(30);
    world.cluster.deployment = undefined;
    await world.pass(30);
    expect(world.condition('Ready')).toBe('False TargetNotFound');
    expect(world.eventReasons).toEqual(['TargetNotFound']);
    world.cluster.createDeployment(4);
    await world.pass(400);
    expect(world.condition('Ready')).toBe('True LookedAfter');
    expect(world.eventReasons).not.toContain('ManualHold');
    expect(world.cluster.deployment).toMatchObject({ specReplicas: 1 });
  });

  test('that is made anew between two polls is not taken for scaled by hand', async () => {
    await world.pass(30);
    world.cluster.createDeployment(4);
    await world.pass(30);
    expect(world.eventReasons).toEqual([]);
  });

  test('with a stuck rollout keeps its replicas', async () => {
    world = new ControllerWorld({ replicas: 4 });
    await world.pass(30);
    world.cluster.changeDeployment({ replicas: 5, updatedReplicas: 1, readyReplicas: 4 });
    await world.pass(1_200);
    expect(world.cluster.scaleWrites).toEqual([]);
  });

  test('whose new pods never become ready is not scaled further down or up and down', async () => {
    world.arePodsReady = false;
    await world.fallBehind();
    await world.pass(900);
    expect(world.cluster.scaleWrites.length).toBeLessThanOrEqual(2);
    expect(world.cluster.scaleWrites.toSorted((a, b) => a - b)).toEqual(world.cluster.scaleWrites);
  });
});

describe('somebody else', () => {
  test('who scales by hand is left alone for manualHoldSeconds, then the decision counts again', async () => {
    await world.pass(60);
    world.cluster.scaleByHand(8);
    await world.pass(290);
    expect(world.cluster.deployment?.specReplicas).toBe(8);
    expect(world.condition('Scaling')).toBe('False ManualHold');
    expect(world.eventReasons).toEqual(['ManualHold']);
    await world.pass(400);
    expect(world.cluster.deployment?.specReplicas).toBe(1);
    expect(world.status.manualHoldUntil).toBeUndefined();
    expect(world.condition('Scaling')).toBe('True Active');
  });

  test('is not seen in what a leader that died in between had scaled', async () => {
    await world.fallBehind();
    const { setScale } = world.cluster.deployments;
    world.cluster.deployments.setScale = async (request) => {
      await setScale(request);
      throw new ClusterError('killed', { code: 'ECONNRESET', retryable: true });
    };
    await expect(world.pass(10)).rejects.toThrow('killed');
    world.cluster.deployments.setScale = setScale;
    world.reconciler = world.createReconciler();
    await world.pass(60);
    expect(world.eventReasons).not.toContain('ManualHold');
    expect(world.cluster.scaleWrites).toHaveLength(1);
  });

  test.each(['HorizontalPodAutoscaler', 'ScaledObject'] as const)(
    'a %s: nothing is written while it is there',
    async (kind) => {
      world.cluster.owners = [{ kind, name: 'rival' }];
      await world.fallBehind();
      world.cluster.scaleByHand(2);
      await world.pass(120);
      expect(world.cluster.scaleWrites).toEqual([]);
      expect(world.condition('Conflict')).toBe('True OtherScaler');
      expect(world.condition('Ready')).toBe('False OtherScaler');
      expect(world.eventReasons[0]).toBe('OtherScaler');
      expect(world.eventReasons).not.toContain('ManualHold');
      world.cluster.owners = [];
      await world.pass(30);
      expect(world.condition('Conflict')).toBe('False OnlyScaler');
      expect(world.cluster.scaleWrites).toHaveLength(1);
    },
  );

  test('another LagScaler: the older one is in charge', async () => {
    const { lagScaler } = world.cluster;
    if (lagScaler === undefined) throw new Error('there is no LagScaler');
    const other = { ...lagScaler, uid: 'other', ref: { ...lagScaler.ref, name: 'other' } };
    world.cluster.others.push({ ...other, createdAtMs: lagScaler.createdAtMs + 1 });
    await world.pass(10);
    expect(world.condition('Conflict')).toBe('False OnlyScaler');
    world.cluster.others.push({ ...other, uid: 'elder', createdAtMs: lagScaler.createdAtMs - 1 });
    await world.pass(10);
    expect(world.condition('Conflict')).toBe('True OtherScaler');
  });
});

describe('writes', () => {
  test('that fail for 5 minutes are made once when the API server is back', async () => {
    await world.fallBehind();
    world.cluster.failure = new ClusterError('no answer', { code: 'ECONNREFUSED', retryable: true });
    let failed = 0;
    for (let poll = 0; poll < 60; poll += 1) {
      failed += await world.pass(5).then(
        () => 0,
        () => 1,
      );
    }
    expect(failed).toBeGreaterThan(0);
    expect(world.cluster.scaleWrites).toEqual([]);
    world.cluster.failure = undefined;
    await world.pass(20);
    expect(world.cluster.scaleWrites).toHaveLength(1);
  });

  test('that meet a newer version are not forced: look again, then write', async () => {
    await world.fallBehind();
    world.cluster.cachedDeployment = world.cluster.deployment;
    world.cluster.changeDeployment({ readyReplicas: 1 });
    await world.pass(10);
    expect(world.cluster.scaleWrites).toEqual([]);
    world.cluster.cachedDeployment = undefined;
    await world.pass(10);
    expect(world.cluster.scaleWrites).toHaveLength(1);
  });

  test('are not made twice while the cache is behind', async () => {
    await world.fallBehind();
    world.cluster.cachedDeployment = world.cluster.deployment;
    await world.pass(60);
    expect(world.cluster.scaleWrites).toHaveLength(1);
    expect(world.eventReasons).not.toContain('ManualHold');
  });

  test('are not made by a leader whose lease ran out while it read Kafka', async () => {
    await world.fallBehind();
    world.cluster.isLeader = false;
    await expect(world.pass(10)).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    expect(world.cluster.scaleWrites).toEqual([]);
  });

  test('of a leader that was paused do not overwrite those of its successor', async () => {
    const paused = world.reconciler;
    await world.fallBehind();
    const { lagScaler, deployment } = world.cluster;
    world.reconciler = world.createReconciler();
    await world.pass(20);
    expect(world.cluster.scaleWrites).toHaveLength(1);
    // It wakes up believing to lead, with caches of the time before.
    const { lagScalers } = world.cluster;
    lagScalers.get = () => lagScaler;
    world.cluster.cachedDeployment = deployment;
    world.reconciler = paused;
    await world.pass(10);
    expect(world.cluster.scaleWrites).toHaveLength(1);
  });
});

import { expect, test } from '@jest/globals';
import { LagScalerMetrics } from '@orderflow/operator/controller/metrics';
import { DEFAULT_POLICY, type ScalingPolicy } from '@orderflow/operator/scaling/policy';
import { Registry } from '@orderflow/service-kit/metrics';
import { silentProgress } from '../progress.ts';
import { LocalScaler, type ScalingObserver } from './local-scaler.ts';
import { observerOf } from './scaling.ts';

const POLICY: ScalingPolicy = {
  ...DEFAULT_POLICY,
  maxReplicas: 6,
  drainSeconds: 15,
  prior: { messagesPerSecondPerReplica: 100, rebalanceSeconds: 5 },
  scaleDown: { windowSeconds: 20 },
};

/** A group of 12 partitions with a clock in hand, whose pool scales at once. */
function scene(policy = POLICY, observer?: ScalingObserver) {
  const state = { nowMs: 1_800_000_000_000, produced: 0, committed: 0, isReachable: true };
  const pool = {
    ready: 1,
    scaledTo: [] as number[],
    failure: undefined as Error | undefined,
    async scale(replicas: number): Promise<void> {
      if (this.failure !== undefined) throw this.failure;
      this.scaledTo.push(replicas);
      this.ready = replicas;
    },
  };
  const readLag = async () => {
    if (!state.isReachable) throw new Error('no answer');
    const partitions = Array.from({ length: 12 }, (_, partition) => ({
      topic: 'order-events',
      partition,
      logStart: 0n,
      logEnd: BigInt(Math.round(state.produced / 12)),
      committed: BigInt(Math.round(state.committed / 12)),
    }));
    const group = { state: 'Stable' as const, members: pool.ready };
    return { readAtMs: state.nowMs, partitions, missing: [], group };
  };
  const lines: string[] = [];
  const log = { ...silentProgress, step: (line: string) => void lines.push(line) };
  const scaler = new LocalScaler({ readLag, pool, policy, clock: { nowMs: () => state.nowMs }, log, observer });
  return { state, pool, scaler, lines };
}

async function pass(
  { state, pool, scaler }: ReturnType<typeof scene>,
  seconds: number,
  arriving: number,
): Promise<void> {
  for (let poll = 0; poll < seconds / 5; poll += 1) {
    state.nowMs += 5000;
    state.produced += arriving * 5;
    state.committed = Math.min(state.produced, state.committed + pool.ready * 100 * 5);
    await scaler.poll();
    await scaler.settled();
  }
}

test('goes up in one step under load, and down again after it', async () => {
  const stage = scene();
  await pass(stage, 20, 50);
  await pass(stage, 60, 350);
  expect(stage.pool.scaledTo).toEqual([6]);
  await pass(stage, 60, 0);
  expect(stage.pool.scaledTo).toEqual([6, 1]);
  expect(stage.scaler.isAtRest).toBe(true);
  expect(stage.scaler.summary()).toEqual({ scaleEvents: 2, maxReplicas: 6 });
  expect(stage.lines[0]).toMatch(/^scaling: Goes up from 1 to 6 replicas/);
});

test('does nothing where one process is enough', async () => {
  const stage = scene();
  await pass(stage, 300, 70);
  expect(stage.scaler.summary()).toEqual({ scaleEvents: 0, maxReplicas: 1 });
  expect(stage.scaler.isAtRest).toBe(true);
});

test('holds what it has while Kafka does not answer', async () => {
  const stage = scene();
  await pass(stage, 60, 350);
  stage.state.isReachable = false;
  await pass(stage, 300, 0);
  expect(stage.pool.scaledTo).toEqual([6]);
});

test('tells when a process could not be started', async () => {
  const stage = scene();
  stage.pool.failure = new Error('no memory');
  await expect(pass(stage, 60, 350)).rejects.toThrow('no memory');
  expect(stage.scaler.isAtRest).toBe(false);
});

test('says by the metrics of the operator what it decided and why', async () => {
  const registry = new Registry();
  const stage = scene(POLICY, observerOf(new LagScalerMetrics(registry)));
  await pass(stage, 20, 50);
  await pass(stage, 60, 350);
  const lines = (await registry.metrics()).split('\n');
  const of = 'scaler_namespace="local",scaler="event-processor"';
  expect(lines).toContain(`lagscaler_current_replicas{${of}} 6`);
  expect(lines).toContain(`lagscaler_scale_writes_total{${of},direction="up"} 1`);
  expect(lines).toContain(`lagscaler_decisions_total{${of},direction="up",reason="BacklogAboveObjective"} 1`);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@orderflow/local/until';
import { ClusterLoad, type LoadVerdict } from './cluster/cluster-load.ts';
import { OperatorPods } from './cluster/operator-pods.ts';
import { ScalingWatch } from './cluster/scaling-watch.ts';
import type { TestPlatform } from './cluster/test-platform.ts';

/** The objective that the LagScaler of these scenarios has. */
export const DRAIN_SECONDS = 60;

/** Short, so that the way down can be seen in a test. */
const DOWN_WINDOW_SECONDS = 60;

/** With this handler one pod was seen to work off about 150 events a second. */
const SLOW_HANDLER = { PROCESSING_DELAY_MS: 10 };
const EVENTS_PER_SECOND_AND_POD = 150;

const ORDERS_PER_SECOND = 300;
const DOWN_TIMEOUT_MS = 300_000;
const IDLE_MS = 60_000;

const PROCESSOR = 'event-processor';

/** What the operator made of a backlog. Times count from the moment it was let loose. */
export interface ScalingStory {
  /** Replicas in the order in which they were asked for. */
  readonly timeline: readonly number[];
  readonly secondsToScale: number;
  /** From the change of the replicas to a lag of 0. */
  readonly drainSeconds: number;
  /** From the death of the leader to the next one; undefined when nobody was killed. */
  readonly takeoverSeconds: number | undefined;
  readonly verdict: LoadVerdict;
}

interface BacklogOptions {
  readonly orders: number;
  readonly killsLeader: boolean;
}

/** Lets events pile up behind a processor that does not run, then gives the operator the word. */
export async function scaleOnBacklog(
  platform: TestPlatform,
  { orders, killsLeader }: BacklogOptions,
): Promise<ScalingStory> {
  const { namespace, release } = platform;
  const deployment = `${release.name}-${PROCESSOR}`;
  const operators = new OperatorPods(namespace, platform.selectorOf('operator'));
  await release.upgrade(settings('Paused'), { reuse: true, wait: true });
  await scaleTo(platform, 0);
  await using load = loadOf(platform, orders);
  await load.start();
  await load.accepted(orders, 600_000);
  await scaleTo(platform, 1);
  await using watch = new ScalingWatch(namespace, deployment);
  await until(() => watch.changes.length > 0, { what: 'the Deployment was looked at' });
  await release.upgrade(settings('Active'), { reuse: true });
  const looseMs = performance.now();
  const takeoverSeconds = killsLeader ? await killLeader(platform, operators) : undefined;
  await until(() => watch.changes.length > 1, { what: 'the operator scales', timeoutMs: 120_000 });
  const scaledMs = watch.changes[1]?.atMs ?? Number.NaN;
  await until(() => watch.lag === 0, { what: 'the backlog is worked off', timeoutMs: 600_000, intervalMs: 100 });
  const drainedMs = performance.now();
  const verdict = await load.verdict();
  // Not after a kill: a way up so soon after the last way down makes the operator keep what it has for an hour.
  if (!killsLeader) {
    await until(() => watch.timeline.at(-1) === 1, { what: 'the replicas are one again', timeoutMs: DOWN_TIMEOUT_MS });
  }
  await sleep(DOWN_WINDOW_SECONDS * 500); // whoever flaps or writes twice does it now
  return {
    timeline: watch.timeline,
    secondsToScale: (scaledMs - looseMs) / 1_000,
    drainSeconds: (drainedMs - scaledMs) / 1_000,
    takeoverSeconds,
    verdict,
  };
}

/** So many orders, each of one event, and then no more. */
function loadOf({ chart, release }: TestPlatform, orders: number): ClusterLoad {
  const duration = `${Math.ceil(orders / ORDERS_PER_SECOND)}s`;
  return new ClusterLoad({
    ...chart,
    target: release.name,
    ratePerSecond: ORDERS_PER_SECOND,
    atMostMinutes: 10,
    load: { duration, payments: 0, shipments: 0, cancellations: 0 },
    auditWait: '600s',
  });
}

function settings(mode: 'Active' | 'Paused'): Record<string, unknown> {
  return {
    'operator.replicas': 2,
    'event-processor.config': SLOW_HANDLER,
    scaling: {
      mode,
      minReplicas: 1,
      maxReplicas: 12,
      drainSeconds: DRAIN_SECONDS,
      spec: {
        prior: { messagesPerSecondPerReplica: EVENTS_PER_SECOND_AND_POD, rebalanceSeconds: 10 },
        scaleDown: { windowSeconds: DOWN_WINDOW_SECONDS },
        manualHoldSeconds: 0, // the scenarios scale by hand before
      },
    },
  };
}

async function scaleTo(platform: TestPlatform, replicas: number): Promise<void> {
  const deployment = `${platform.release.name}-${PROCESSOR}`;
  await platform.namespace.kubectl('scale', `deployment/${deployment}`, `--replicas=${replicas}`);
  await platform.namespace.awaitRollout(deployment);
}

/** Without a chance to give the lease back. */
async function killLeader({ namespace }: TestPlatform, operators: OperatorPods): Promise<number> {
  const leader = await operators.leader();
  if (leader === undefined) throw new Error('no operator leads');
  const killedMs = performance.now();
  await namespace.kubectl('delete', 'pod', leader, '--grace-period=0', '--force', '--wait=false');
  await until(async () => isOther(await operators.leader(), leader), {
    what: 'another operator leads',
    timeoutMs: 60_000,
    intervalMs: 200,
  });
  return (performance.now() - killedMs) / 1_000;
}

function isOther(leader: string | undefined, before: string): boolean {
  return leader !== undefined && leader !== before;
}

/** What the leader costs while there is nothing to do. */
export async function watchIdleOperator(
  platform: TestPlatform,
): Promise<{ readonly callsPerMinute: number; readonly residentMiB: number; readonly scaleWrites: number }> {
  const operators = new OperatorPods(platform.namespace, platform.selectorOf('operator'));
  const leader = await operators.leader();
  if (leader === undefined) throw new Error('no operator leads');
  const read = async () => ({
    calls: await operators.metric(leader, 'rest_client_requests_total'),
    writes: await operators.metric(leader, 'lagscaler_scale_writes_total'),
  });
  const before = await read();
  await sleep(IDLE_MS);
  const after = await read();
  const residentBytes = await operators.metric(leader, 'process_resident_memory_bytes');
  return {
    callsPerMinute: ((after.calls - before.calls) * 60_000) / IDLE_MS,
    residentMiB: residentBytes / 1024 / 1024,
    scaleWrites: after.writes - before.writes,
  };
}

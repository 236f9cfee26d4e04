import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterLoad } from '../cluster/cluster-load.ts';
import type { HelmRelease } from '../cluster/helm-release.ts';
import { summarizeWindow } from '../cluster/load-window.ts';
import type { Namespace } from '../cluster/namespace.ts';
import { demoMigrations } from './demo-migrations.ts';
import { OrdersSchema } from './orders-schema.ts';
import type { RollingReport, StepResult } from './report.ts';

/** How long customers are watched before each step. */
const BASELINE_MS = 15_000;

/** How many of the orders move on, as in `make demo`. */
export const ROLLING_MIX = { payments: 0.06, shipments: 0.03, cancellations: 0.02 };

/** The first requests meet processes that have just been started. */
const WARMUP_MS = 15_000;

export interface RollingDemoParts {
  readonly namespace: Namespace;
  readonly release: HelmRelease;
  readonly load: ClusterLoad;
  readonly ratePerSecond: number;
  readonly rounds: number;
  readonly log: (line: string) => void;
}

interface Step {
  readonly name: string;
  /** Returns when the last old pod is gone. */
  readonly roll: (round: number) => Promise<void>;
}

/**
 * Under load, rolls one service after the other, the order service to a version with another migration, several rounds
 * of that; then the version of before is brought back and the auditor judges.
 */
export async function runRollingDemo(parts: RollingDemoParts): Promise<RollingReport> {
  const { namespace, release, load, ratePerSecond, rounds, log } = parts;
  const revision = await release.revision();
  if (revision === undefined) throw new Error(`${release.name} is not installed in ${namespace.name}: run make deploy`);
  const schema = new OrdersSchema(namespace, release);
  log('a publisher of its own, so that it can be rolled by itself');
  await release.upgrade({ 'order-service.publisher': { mode: 'separate', replicas: 1 } }, { reuse: true, wait: true });
  const steps: StepResult[] = [];
  try {
    log(`load: ${ratePerSecond} orders/s`);
    await load.start();
    await sleep(WARMUP_MS);
    for (let round = 1; round <= rounds; round += 1) {
      for (const step of planSteps(parts, schema)) {
        const result = await watchStep(parts, { step, round });
        steps.push(result);
        log(`round ${round}: rolled ${step.name}: ${result.during.requests} requests, ${result.during.failed} failed`);
      }
    }
    log('load ends; the auditor judges');
    const verdict = await load.finish();
    return { ratePerSecond, steps, verdict };
  } finally {
    log(`back to revision ${revision}`);
    await release.rollback(revision);
    await schema.undo();
  }
}

function planSteps({ namespace, release, rounds }: RollingDemoParts, schema: OrdersSchema): readonly Step[] {
  const deployment = (component: string): string => `${release.name}-${component}`;
  const restart = (component: string): Step => ({
    name: component,
    roll: () => namespace.restart(deployment(component)),
  });
  const migrations = demoMigrations(rounds);
  return [
    restart('api-gateway'),
    {
      name: 'order-service, migrated',
      roll: async (round) => {
        await schema.rollOut(migrations.slice(0, round));
        await namespace.awaitRollout(deployment('order-service'));
        await namespace.awaitRollout(deployment('order-service-publisher'));
      },
    },
    restart('order-service-publisher'),
    restart('event-processor'),
  ];
}

async function watchStep(
  { load }: RollingDemoParts,
  { step, round }: { readonly step: Step; readonly round: number },
): Promise<StepResult> {
  const beforeMs = performance.now();
  await sleep(BASELINE_MS);
  const startMs = performance.now();
  await step.roll(round);
  const endMs = performance.now();
  return {
    round,
    step: step.name,
    seconds: (endMs - startMs) / 1_000,
    before: summarizeWindow(load.samples, beforeMs, startMs),
    during: summarizeWindow(load.samples, startMs, endMs),
  };
}

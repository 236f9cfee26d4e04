import { bucketsSince } from '@orderflow/local/demo/histogram';
import { quantileOf } from '@orderflow/service-kit/histogram';
import { findMisses, highestHeld, planNextRate, thirdsOf, type Probe } from './capacity-search.ts';
import type { BenchSize } from './options.ts';
import type { AuditSummary, PlatformRun } from './platform-run.ts';
import { toBar, type Bar, type Circumstances } from './report.ts';

const PROCESSORS = [1, 2, 4];
const FIRST_RATE = 1_500;
const STEP = 500;
const SECONDS = 10;
const WARM_UP_SECONDS = 4;
const REQUIRED_PER_SECOND = 3_000;

/** The search with one number of event processors. */
export interface CapacityCurve {
  readonly processors: number;
  /** The highest rate that held every objective; null when none did. */
  readonly ordersPerSecond: number | null;
  readonly probes: readonly Probe[];
}

export interface CapacityFindings {
  readonly seconds: number;
  readonly curves: readonly CapacityCurve[];
  readonly audit: AuditSummary;
  readonly bars: readonly Bar[];
}

/** `.local/bench-capacity.json`. */
export interface CapacityReport extends CapacityFindings, Circumstances {
  readonly kind: 'capacity';
  readonly bench: 'capacity';
}

/** The highest rate on a fixed schedule at which the whole platform keeps its objectives, generator included. */
export async function benchCapacity(on: PlatformRun, size: BenchSize): Promise<CapacityFindings> {
  const { seconds = SECONDS, rate = FIRST_RATE, processors } = size;
  const curves: CapacityCurve[] = [];
  await on.send({ ratePerSecond: rate / 2, seconds: 1, warmupSeconds: 2 * WARM_UP_SECONDS }); // compilers and caches
  for (const count of processors === undefined ? PROCESSORS : [processors]) {
    while (on.platform.processors.length < count) await on.platform.addProcessor();
    curves.push(await searchCapacity(on, { processors: count, first: rate, seconds }));
  }
  const audit = await on.audit();
  const best = Math.max(...curves.map(({ ordersPerSecond }) => ordersPerSecond ?? 0));
  return { seconds, curves, audit, bars: [toBar('orders/s within the objectives', best, REQUIRED_PER_SECOND)] };
}

/** The highest rate that holds with the processors as they are. */
export async function searchCapacity(
  on: PlatformRun,
  { processors, first, seconds }: { readonly processors: number; readonly first: number; readonly seconds: number },
): Promise<CapacityCurve> {
  const probes: Probe[] = [];
  for (;;) {
    const ratePerSecond = planNextRate(probes, { first, step: STEP });
    if (ratePerSecond === undefined) break;
    const probe = await probeRate(on, ratePerSecond, seconds);
    probes.push(probe);
    const verdict = probe.misses.length === 0 ? 'held' : `missed: ${probe.misses.join(', ')}`;
    on.log.step(
      `${processors} processors, ${ratePerSecond} orders/s: HTTP p99 ${probe.httpP99Ms.toFixed(1)} ms, ` +
        `freshness p99 ${Math.round(probe.freshnessP99Ms)} ms; ${verdict}`,
    );
  }
  return { processors, ordersPerSecond: highestHeld(probes) ?? null, probes };
}

/** Sends the rate for a while, and lets the platform drain before the next one. */
async function probeRate(on: PlatformRun, ratePerSecond: number, seconds: number): Promise<Probe> {
  const before = await on.readFreshness();
  const backlogs: Promise<number>[] = [];
  const report = await on.send({ ratePerSecond, seconds, warmupSeconds: WARM_UP_SECONDS }, ({ elapsedMs }) => {
    if (elapsedMs >= WARM_UP_SECONDS * 1_000) backlogs.push(on.countBacklog());
  });
  const { first, last } = thirdsOf(await Promise.all(backlogs));
  await on.drained();
  const freshness = quantileOf(bucketsSince(before, await on.readFreshness()), 0.99);
  const facts = {
    ratePerSecond,
    httpP99Ms: report.latencyMs?.p99 ?? Number.NaN,
    freshnessP99Ms: (freshness ?? Number.NaN) * 1_000,
    backlogFirst: first,
    backlogLast: last,
    failed: report.failed,
    scheduleKept: report.scheduleKept,
  };
  return { ...facts, misses: findMisses(facts) };
}

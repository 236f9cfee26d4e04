import { measureProcess } from '@orderflow/local/platform/process-usage';
import type { ServiceProcess } from '@orderflow/local/platform/service-process';
import type { LoadReport } from '@orderflow/load-generator/report';
import { searchCapacity } from './capacity.ts';
import type { BenchSize } from './options.ts';
import { figuresWithin, quantileOfBuckets, secondsToRecover, type TimedSample } from './overload-figures.ts';
import type { AuditSummary, PlatformRun } from './platform-run.ts';
import { toBar, toCeiling, type Bar, type Circumstances } from './report.ts';

const TIMES = 5;
const SECONDS = 30;
/** Of the overload, until the limit has settled and what was queued before is answered. Not part of the figures. */
const SETTLE_SECONDS = 5;
/** Customers who order all the time, and do so afterwards: they tell when it is over. */
const STEADY_PER_SECOND = 500;
const BEFORE_SECONDS = 5;
const AFTER_SECONDS = 30;
/** With fewer of them, orders would wait in the generator and not at the door. */
const CONNECTIONS = 1_000;
const WARM_UP_SECONDS = 8;
const FIRST_RATE = 1_500;
const SEARCH_SECONDS = 10;
const MIB = 2 ** 20;

/** The objective of POST /orders. */
export const OBJECTIVE_MS = 300;

/** What the bars ask for. */
const REQUIRED = { goodput: 0.9, offered: 4.5, refusalMs: 50, mib: 250, recoverySeconds: 10 } as const;

export interface OverloadFindings {
  readonly seconds: number;
  readonly capacityPerSecond: number;
  /** Whether it was measured just before, or said by whoever called. */
  readonly isCapacityMeasured: boolean;
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  /** Accepted within the objective. */
  readonly goodputPerSecond: number;
  readonly acceptedP99Ms: number | null;
  /** From when the order should have been sent. */
  readonly refusalMs: { readonly p50: number; readonly p99: number } | null;
  /** Of the generator that makes the overload. */
  readonly generator: Pick<LoadReport, 'scheduleKept' | 'maxScheduleSlipMs' | 'cpuMicrosPerOrder'>;
  readonly processes: readonly { readonly name: string; readonly maxMiB: number }[];
  readonly ended: readonly string[];
  readonly reads: { readonly sent: number; readonly failed: number; readonly worstMs: number };
  /** Null when the platform did not recover while it was looked at. */
  readonly recoverySeconds: number | null;
  readonly audit: AuditSummary;
  readonly bars: readonly Bar[];
}

/** `.local/bench-overload.json`. */
export interface OverloadReport extends OverloadFindings, Circumstances {
  readonly kind: 'overload';
  readonly bench: 'overload';
}

/**
 * Five times the capacity, on a fixed schedule: what is still accepted in time, how those are told who are not, and what
 * it is like afterwards.
 */
export async function benchOverload(on: PlatformRun, size: BenchSize): Promise<OverloadFindings> {
  const { seconds = SECONDS, rate } = size;
  const warmUp = { ratePerSecond: (rate ?? FIRST_RATE) / 2, seconds: 1, warmupSeconds: WARM_UP_SECONDS };
  await on.send(warmUp); // compilers and caches
  const capacityPerSecond = rate ?? (await measureCapacity(on));
  const watch = new Watch(on);
  const course = await overload(on, { seconds, capacityPerSecond, watch });
  const watched = await watch.end();
  const audit = await on.audit();
  const findings = { ...figuresOf(course, capacityPerSecond), ...watched, audit };
  return {
    seconds,
    isCapacityMeasured: rate === undefined,
    ...findings,
    bars: barsOf(findings),
  };
}

async function measureCapacity(on: PlatformRun): Promise<number> {
  const { ordersPerSecond } = await searchCapacity(on, { processors: 1, first: FIRST_RATE, seconds: SEARCH_SECONDS });
  if (ordersPerSecond === null) throw new Error('no rate keeps the objectives: there is no capacity to multiply');
  return ordersPerSecond;
}

/** What happened, as far as the generators can tell. */
interface Course {
  readonly flood: { readonly samples: readonly TimedSample[]; readonly report: LoadReport };
  readonly steady: readonly TimedSample[];
  readonly floodEndMs: number;
}

/** A steady load, a flood on top of it for a while, and the steady load alone again. */
async function overload(
  on: PlatformRun,
  plan: { readonly seconds: number; readonly capacityPerSecond: number; readonly watch: Watch },
): Promise<Course> {
  const { seconds, capacityPerSecond, watch } = plan;
  const steadyRate = Math.min(STEADY_PER_SECOND, capacityPerSecond / 2);
  const steady: TimedSample[] = [];
  const flood: TimedSample[] = [];
  const isSteady = Promise.withResolvers<void>();
  const steadyLoad = on.send(
    { ratePerSecond: steadyRate, seconds: BEFORE_SECONDS + seconds + AFTER_SECONDS, warmupSeconds: 0 },
    (sample) => {
      steady.push({ atMs: performance.now(), sample });
      watch.look();
      if (sample.elapsedMs >= BEFORE_SECONDS * 1_000) isSteady.resolve();
    },
  );
  steadyLoad.then(() => isSteady.resolve(), isSteady.reject);
  await isSteady.promise;
  const ratePerSecond = TIMES * capacityPerSecond - steadyRate;
  on.log.step(`overload: ${TIMES} times ${capacityPerSecond} orders/s for ${seconds} s`);
  const report = await on.send(
    { ratePerSecond, seconds, warmupSeconds: 0, connections: CONNECTIONS },
    (sample) => void flood.push({ atMs: performance.now(), sample }),
  );
  const floodEndMs = performance.now();
  on.log.step('overload: over; the steady load goes on');
  await steadyLoad;
  return { flood: { samples: flood, report }, steady, floodEndMs };
}

function figuresOf({ flood, steady, floodEndMs }: Course, capacityPerSecond: number) {
  const [first] = flood.samples;
  const startMs = first === undefined ? floodEndMs : first.atMs - first.sample.elapsedMs;
  const stretch = { fromMs: startMs + SETTLE_SECONDS * 1_000, toMs: startMs + flood.report.durationMs };
  const loads = [flood.samples, steady].map((samples) => figuresWithin(samples, stretch, OBJECTIVE_MS));
  const total = (rate: 'sentPerSecond' | 'acceptedPerSecond' | 'inTimePerSecond'): number =>
    loads.reduce((sum, figures) => sum + figures[rate], 0);
  const { refusalLatencyMs, scheduleKept, maxScheduleSlipMs, cpuMicrosPerOrder } = flood.report;
  const buckets = loads.flatMap(({ latencyBuckets }) => latencyBuckets);
  return {
    capacityPerSecond,
    offeredPerSecond: total('sentPerSecond'),
    acceptedPerSecond: total('acceptedPerSecond'),
    goodputPerSecond: total('inTimePerSecond'),
    acceptedP99Ms: quantileOfBuckets(buckets, 0.99) ?? null,
    refusalMs: refusalLatencyMs === null ? null : { p50: refusalLatencyMs.p50, p99: refusalLatencyMs.p99 },
    generator: { scheduleKept, maxScheduleSlipMs, cpuMicrosPerOrder },
    recoverySeconds: secondsToRecover(steady, { endMs: floodEndMs, objectiveMs: OBJECTIVE_MS }) ?? null,
  };
}

function barsOf(findings: Omit<OverloadFindings, 'seconds' | 'isCapacityMeasured' | 'bars'>): Bar[] {
  const { capacityPerSecond, offeredPerSecond, goodputPerSecond, refusalMs, ended, reads, processes } = findings;
  const largestMiB = Math.max(...processes.map(({ maxMiB }) => maxMiB));
  return [
    toBar('offered, times the capacity', offeredPerSecond / capacityPerSecond, REQUIRED.offered),
    toBar('goodput, as a share of the capacity', goodputPerSecond / capacityPerSecond, REQUIRED.goodput),
    toCeiling('ms to a refusal, p99, at most', refusalMs?.p99 ?? Number.NaN, REQUIRED.refusalMs),
    toCeiling('reads that failed meanwhile, at most', reads.failed, 0),
    toCeiling('processes that ended, at most', ended.length, 0),
    toCeiling('MiB of the largest service, at most', largestMiB, REQUIRED.mib),
    toCeiling('seconds to recover, at most', findings.recoverySeconds ?? Number.NaN, REQUIRED.recoverySeconds),
  ];
}

/** Looks at the platform from outside the way of the orders: memory, life, and whether reads are answered. */
class Watch {
  readonly #gatewayUrl: string;
  readonly #services: readonly ServiceProcess[];
  readonly #maxMiB: Map<string, number>;
  readonly #ended = new Set<string>();
  readonly #reads: Promise<number | undefined>[] = [];

  constructor({ platform }: PlatformRun) {
    this.#gatewayUrl = platform.gateway.url;
    this.#services = [platform.gateway, platform.orders, ...platform.processors];
    this.#maxMiB = new Map(this.#services.map(({ name }) => [name, 0]));
    for (const { name, process } of this.#services) void process.exited.then(() => this.#ended.add(name));
  }

  look(): void {
    for (const { name, pid } of this.#services) {
      const mib = (measureProcess(pid)?.rssBytes ?? 0) / MIB;
      this.#maxMiB.set(name, Math.max(mib, this.#maxMiB.get(name) ?? 0));
    }
    this.#reads.push(timeRead(`${this.#gatewayUrl}/orders?limit=1`));
  }

  async end(): Promise<Pick<OverloadFindings, 'processes' | 'ended' | 'reads'>> {
    const answered = await Promise.all(this.#reads);
    const times = answered.filter((ms) => ms !== undefined);
    return {
      processes: [...this.#maxMiB].map(([name, maxMiB]) => ({ name, maxMiB })),
      ended: [...this.#ended],
      reads: { sent: answered.length, failed: answered.length - times.length, worstMs: Math.max(...times) },
    };
  }
}

/** Resolves with how long it took; with undefined when there was no good answer. */
async function timeRead(url: string): Promise<number | undefined> {
  const startedMs = performance.now();
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok ? performance.now() - startedMs : undefined;
  } catch {
    return undefined; // which is a failed read, and shows as one
  }
}

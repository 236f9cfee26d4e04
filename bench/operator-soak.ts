import { setTimeout as sleep } from 'node:timers/promises';
import { measureProcess, readPeakRssBytes } from '@orderflow/local/platform/process-usage';
import type { ProgressLog } from '@orderflow/local/progress';
import { until } from '@orderflow/local/until';
import { LAG_SCALER_COLLECTION } from '../operator/test/objects.ts';
import { parseStatus } from '../operator/src/api/v1alpha1/status.ts';
import { trendOf, type MemorySample, type MemoryTrend } from './memory-trend.ts';
import type { BenchSize } from './options.ts';
import { toBar, type Bar, type Surroundings } from './report.ts';
import { ScaledGroups } from './scaled-groups.ts';

const MINUTES = 10;
const SCALERS = 50;
const PARTITIONS = 24;
const MIB = 2 ** 20;

const MAX_RSS_MIB = 180;
const MAX_MIB_PER_MINUTE = 0.5;

export interface OperatorSoakFindings {
  readonly minutes: number;
  readonly scalers: number;
  readonly partitions: number;
  /** Of the operator's resident memory. */
  readonly memory: MemoryTrend & {
    /** Highest since the process began, by the kernel's own count (VmHWM). */
    readonly peakMiB: number;
  };
  /** Of one a second for each topic. */
  readonly failedSends: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly perMinute: { readonly apiCalls: number; readonly statusWrites: number; readonly scaleWrites: number };
  readonly bars: readonly Bar[];
}

/** `.local/bench-operator-soak.json`. */
export interface OperatorSoakReport extends OperatorSoakFindings, Surroundings {
  readonly kind: 'operator-soak';
  readonly bench: 'operator-soak';
}

interface Proceedings {
  /** `.local` of the repository. */
  readonly localDirectory: string;
  readonly log: ProgressLog;
  /** Aborts on Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** How the operator's memory develops with many LagScalers that have something to decide. */
export async function benchOperatorSoak(
  proceedings: Proceedings,
  { minutes = MINUTES, scalers = SCALERS, partitions = PARTITIONS }: BenchSize,
): Promise<OperatorSoakFindings> {
  await using groups = await ScaledGroups.open({ ...proceedings, scalers, partitions });
  await until(() => countRead(groups) === scalers, { what: 'every lag is read', timeoutMs: 120_000 });
  proceedings.log.step('operator-soak: the operator reads every lag');
  const counts = { ...countCalls(groups) };
  let failedSends = 0;
  const samples: MemorySample[] = [];
  const before = measureOperator(groups);
  const startedMs = performance.now();
  for (let second = 0; second < minutes * 60; second += 1) {
    failedSends += await groups.sendSecond(second);
    await sleep(Math.max(0, startedMs + (second + 1) * 1_000 - performance.now()), undefined, {
      signal: groups.signal,
    });
    const elapsedMinutes = (performance.now() - startedMs) / 60_000;
    samples.push({ minutes: elapsedMinutes, mib: measureOperator(groups).rssBytes / MIB });
    proceedings.log.update(`operator-soak: ${elapsedMinutes.toFixed(1)} of ${minutes} minutes`);
  }
  const elapsed = (performance.now() - startedMs) / 60_000;
  const cpuMicros = measureOperator(groups).cpuMicros - before.cpuMicros;
  const after = countCalls(groups);
  const memory = { ...trendOf(samples), peakMiB: (readPeakRssBytes(groups.operator.pid) ?? Number.NaN) / MIB };
  return {
    minutes,
    scalers,
    partitions,
    memory,
    failedSends,
    cpuPercent: cpuMicros / (elapsed * 60 * 1e4),
    perMinute: {
      apiCalls: (after.apiCalls - counts.apiCalls) / elapsed,
      statusWrites: (after.statusWrites - counts.statusWrites) / elapsed,
      scaleWrites: (after.scaleWrites - counts.scaleWrites) / elapsed,
    },
    bars: [
      atMost('MiB RSS at its peak, at most', memory.peakMiB, MAX_RSS_MIB),
      atMost('MiB per minute, at most', memory.mibPerMinute, MAX_MIB_PER_MINUTE),
      toBar('LagScalers whose lag is read in the end', countRead(groups), scalers),
      toBar('scale writes in all, at least', after.scaleWrites - counts.scaleWrites, 1),
    ],
  };
}

function atMost(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value <= bar };
}

/** @throws {Error} when it has ended, or there is no /proc. */
function measureOperator({ operator }: ScaledGroups) {
  const usage = measureProcess(operator.pid);
  if (usage === undefined || usage.rssBytes === 0)
    throw new Error(`the operator cannot be measured; it last said: ${operator.logLines.at(-1) ?? 'nothing'}`);
  return usage;
}

/** LagScalers with lag known for every partition, which a status that was never written is not. */
function countRead({ api }: ScaledGroups): number {
  return api.store
    .list(LAG_SCALER_COLLECTION)
    .filter(({ status }) =>
      parseStatus(status).conditions.some(
        (condition) => condition.type === 'MetricsAvailable' && condition.status === 'True',
      ),
    ).length;
}

function countCalls({ api }: ScaledGroups) {
  return {
    apiCalls: api.calls.length,
    statusWrites: api.countCalls(({ resource, subresource }) => resource === 'lagscalers' && subresource === 'status'),
    scaleWrites: api.countCalls(({ subresource, code }) => subresource === 'scale' && code === 200),
  };
}

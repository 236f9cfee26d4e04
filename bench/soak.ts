import { measureProcess } from '@orderflow/local/platform/process-usage';
import { trendOf, type MemorySample } from './memory-trend.ts';
import type { BenchSize } from './options.ts';
import type { AuditSummary, PlatformRun } from './platform-run.ts';
import { toCeiling, type Bar, type Circumstances } from './report.ts';

const MINUTES = 10;
const ORDERS_PER_SECOND = 500;
const MIB = 2 ** 20;

const MAX_MIB_PER_MINUTE = 1;

export interface SoakFindings {
  readonly minutes: number;
  readonly ratePerSecond: number;
  readonly processes: readonly {
    readonly name: string;
    readonly mibPerMinute: number;
    readonly firstMiB: number;
    readonly lastMiB: number;
  }[];
  /** Largest and last size of the outbox table, without its indexes. */
  readonly outbox: { readonly maxMiB: number; readonly lastMiB: number };
  readonly audit: AuditSummary;
  readonly bars: readonly Bar[];
}

/** `.local/bench-soak.json`. */
export interface SoakReport extends SoakFindings, Circumstances {
  readonly kind: 'soak';
  readonly bench: 'soak';
}

/** How the memory of every process and the outbox table develop under a steady load. */
export async function benchSoak(on: PlatformRun, size: BenchSize): Promise<SoakFindings> {
  const { minutes = MINUTES, rate: ratePerSecond = ORDERS_PER_SECOND } = size;
  const { gateway, orders, processors } = on.platform;
  const memory = new Map<string, MemorySample[]>([gateway, orders, ...processors].map(({ name }) => [name, []]));
  const outboxBytes: Promise<number>[] = [];
  await on.send({ ratePerSecond, seconds: minutes * 60, warmupSeconds: 0 }, ({ elapsedMs }) => {
    for (const { name, pid } of [gateway, orders, ...processors]) {
      const usage = measureProcess(pid);
      if (usage !== undefined) memory.get(name)?.push({ minutes: elapsedMs / 60_000, mib: usage.rssBytes / MIB });
    }
    outboxBytes.push(readOutboxBytes(on));
    on.log.update(`soak: ${(elapsedMs / 60_000).toFixed(1)} of ${minutes} minutes`);
  });
  const audit = await on.audit();
  const sizes = await Promise.all(outboxBytes);
  const processes = [...memory].map(([name, samples]) => ({ name, ...trendOf(samples) }));
  return {
    minutes,
    ratePerSecond,
    processes,
    outbox: { maxMiB: Math.max(...sizes) / MIB, lastMiB: (sizes.at(-1) ?? Number.NaN) / MIB },
    audit,
    bars: processes.map(({ name, mibPerMinute }) =>
      toCeiling(`MiB per minute of ${name}, at most`, mibPerMinute, MAX_MIB_PER_MINUTE),
    ),
  };
}

async function readOutboxBytes({ orders }: PlatformRun): Promise<number> {
  const { rows } = await orders.query<{ bytes: number }>("SELECT pg_relation_size('event_outbox')::float8 AS bytes");
  return rows[0]?.bytes ?? Number.NaN;
}

import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchSize } from './options.ts';
import type { AuditSummary, PlatformRun } from './platform-run.ts';
import type { Bar, Circumstances } from './report.ts';
import { inTurn } from './rounds.ts';
import { median } from './statistics.ts';
import { startCpuMeter } from './usage.ts';

const ROUNDS = 5;
const SECONDS = 10;
const ORDERS_PER_SECOND = 1_000;
const WARM_UP_SECONDS = 10;
const MANY = 20;
/** What one open page may cost, of all cores; and of one core while nothing happens. */
const MAX_SHARE_OF_BOX = 0.02;
const MAX_IDLE_SHARE_OF_CORE = 0.02;

/** CPU of a stretch of time, in cores. */
interface Cost {
  /** Of all processes of the platform, the console among them. */
  readonly platform: number;
  readonly console: number;
}

export interface ConsoleFindings {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly cores: number;
  /** One entry a round. */
  readonly rounds: readonly { readonly none: Cost; readonly one: Cost; readonly many: Cost }[];
  /** Without orders: no page, or one that is hidden, and one that is shown. */
  readonly idle: { readonly hidden: Cost; readonly shown: Cost };
  readonly audit: AuditSummary;
  readonly bars: readonly Bar[];
}

/** `.local/bench-console.json`. */
export interface ConsoleReport extends ConsoleFindings, Circumstances {
  readonly kind: 'console';
  readonly bench: 'console';
}

type Audience = keyof ConsoleFindings['rounds'][number];
const VIEWERS: Readonly<Record<Audience, number>> = { none: 0, one: 1, many: MANY };

/** What the console costs while orders flow: without a page, with one and with twenty, by turns. */
export async function benchConsole(on: PlatformRun, size: BenchSize): Promise<ConsoleFindings> {
  const { rounds = ROUNDS, seconds = SECONDS, rate: ratePerSecond = ORDERS_PER_SECOND } = size;
  const measured: Record<Audience, Cost>[] = [];
  const audiences = Object.entries(VIEWERS) as [Audience, number][];
  const warm = Promise.withResolvers<void>();
  const plan = {
    ratePerSecond,
    warmupSeconds: WARM_UP_SECONDS,
    seconds: rounds * audiences.length * (seconds + 1) + 2,
  };
  const sent = on.send(plan, ({ elapsedMs }) => {
    if (elapsedMs >= WARM_UP_SECONDS * 1_000) warm.resolve();
  });
  await Promise.race([warm.promise, sent]);
  for (let round = 0; round < rounds; round += 1) {
    const costs: Partial<Record<Audience, Cost>> = {};
    for (const [audience, viewers] of inTurn(audiences, round)) costs[audience] = await measure(on, viewers, seconds);
    measured.push(costs as Record<Audience, Cost>);
    on.log.step(`round ${round + 1} of ${rounds}: console ${coresText(costs)}`);
  }
  await sent;
  const cores = availableParallelism();
  const audit = await on.audit();
  // Last, so that compilers are done with the console.
  const idle = { hidden: await measure(on, 0, seconds), shown: await measure(on, 1, seconds) };
  return { ratePerSecond, seconds, cores, rounds: measured, idle, audit, bars: barsOf(measured, idle, cores) };
}

/** The median over the rounds of what more one page costs than none, by turns. */
export function extraCores(rounds: ConsoleFindings['rounds'], audience: Exclude<Audience, 'none'>): number {
  return median(rounds.map((costs) => costs[audience].platform - costs.none.platform));
}

function barsOf(rounds: ConsoleFindings['rounds'], { shown }: ConsoleFindings['idle'], cores: number): Bar[] {
  const ofBox = median(rounds.map(({ one }) => one.console)) / cores;
  return [
    {
      name: 'percent of the box that the console takes with one page, at most',
      value: 100 * ofBox,
      bar: 100 * MAX_SHARE_OF_BOX,
      met: ofBox <= MAX_SHARE_OF_BOX,
    },
    {
      name: 'percent of a core that the console takes with one page while nothing happens, at most',
      value: 100 * shown.console,
      bar: 100 * MAX_IDLE_SHARE_OF_CORE,
      met: shown.console <= MAX_IDLE_SHARE_OF_CORE,
    },
  ];
}

async function measure(on: PlatformRun, viewers: number, seconds: number): Promise<Cost> {
  const { gateway, orders, processors, console: page, postgres, kafka } = on.platform;
  if (page === undefined) throw new Error('the platform has no console');
  const pages = await Promise.all(Array.from({ length: viewers }, () => openPage(page.url)));
  try {
    const services = [gateway, orders, page, ...processors].map(({ name, pid }) => [name, pid] as const);
    const readCpu = startCpuMeter({ ...Object.fromEntries(services), postgres: postgres.pid, kafka: kafka.pid });
    const startedMs = performance.now();
    await sleep(seconds * 1_000, undefined, { signal: on.signal });
    const micros = readCpu();
    const passedMicros = (performance.now() - startedMs) * 1_000;
    const sum = Object.values(micros).reduce((total, value) => total + value, 0);
    return { platform: sum / passedMicros, console: (micros[page.name] ?? Number.NaN) / passedMicros };
  } finally {
    await Promise.all(pages.map((close) => close()));
  }
}

/** A client of the stream of views, which reads all of it; resolves when the first view has come. */
async function openPage(url: string): Promise<() => Promise<void>> {
  const leaving = new AbortController();
  const { body } = await fetch(`${url}/events`, { signal: leaving.signal });
  const reader = body?.getReader();
  if (reader === undefined) throw new Error('the console sends no views');
  await reader.read();
  const drained = (async () => {
    while (!(await reader.read()).done);
  })().catch(() => undefined); // it was left
  return async () => {
    leaving.abort();
    await drained;
  };
}

function coresText(costs: Partial<Record<Audience, Cost>>): string {
  return Object.entries(costs)
    .map(([audience, { console: cores }]) => `${(100 * cores).toFixed(2)} % of a core with ${audience}`)
    .join(', ');
}

/** One try at one rate. */
export interface Probe {
  readonly ratePerSecond: number;
  readonly httpP99Ms: number;
  readonly freshnessP99Ms: number;
  /** Events not applied, on average in the first and in the last third of the measured time. */
  readonly backlogFirst: number;
  readonly backlogLast: number;
  readonly failed: number;
  readonly scheduleKept: boolean;
  readonly misses: readonly string[];
}

/** What must hold at a rate that counts. */
export const OBJECTIVES = { httpP99Ms: 50, freshnessP99Ms: 1_000 } as const;

/** By how many seconds' worth of orders the backlog may rise between the thirds and still be called flat. */
const FLAT_SECONDS = 0.1;

/** A machine that does other things as well may miss a rate that it can do: each gets a second chance. */
const TRIES = 2;

/** The objectives that a probe misses, in words; none when the rate holds. */
export function findMisses(probe: Omit<Probe, 'misses'>): string[] {
  const { ratePerSecond, httpP99Ms, freshnessP99Ms, backlogFirst, backlogLast, failed, scheduleKept } = probe;
  const rise = backlogLast - backlogFirst;
  return [
    ...(httpP99Ms <= OBJECTIVES.httpP99Ms ? [] : [`HTTP p99 ${Math.round(httpP99Ms)} ms`]),
    ...(freshnessP99Ms <= OBJECTIVES.freshnessP99Ms ? [] : [`freshness p99 ${Math.round(freshnessP99Ms)} ms`]),
    ...(rise <= ratePerSecond * FLAT_SECONDS ? [] : [`backlog rises by ${Math.round(rise)}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(scheduleKept ? [] : ['the generator was late']),
  ];
}

/**
 * The next rate to try: up by a step as long as rates hold; where one does not, half a step back from it, and on down
 * while none has held; undefined when all is decided.
 */
export function planNextRate(
  probes: readonly Probe[],
  { first, step }: { readonly first: number; readonly step: number },
): number | undefined {
  const last = probes.at(-1);
  if (last === undefined) return first;
  const tries = probes.filter(({ ratePerSecond }) => ratePerSecond === last.ratePerSecond).length;
  if (last.misses.length > 0 && tries < TRIES) return last.ratePerSecond;
  const missed = probes.filter(({ misses }) => misses.length > 0).map(({ ratePerSecond }) => ratePerSecond);
  const lowestMissed = Math.min(...missed.filter((rate) => rate > (highestHeld(probes) ?? 0)));
  if (lowestMissed === Number.POSITIVE_INFINITY) return last.ratePerSecond + step;
  const halfway = lowestMissed - step / 2;
  const isTried = probes.some(({ ratePerSecond }) => ratePerSecond === halfway);
  return isTried || halfway <= (highestHeld(probes) ?? 0) ? undefined : halfway;
}

/** The highest rate at which a probe held; undefined when none did. */
export function highestHeld(probes: readonly Probe[]): number | undefined {
  const held = probes.filter(({ misses }) => misses.length === 0).map(({ ratePerSecond }) => ratePerSecond);
  return held.length === 0 ? undefined : Math.max(...held);
}

/** Averages of the first and of the last third. */
export function thirdsOf(samples: readonly number[]): { readonly first: number; readonly last: number } {
  const third = Math.max(1, Math.floor(samples.length / 3));
  return { first: mean(samples.slice(0, third)), last: mean(samples.slice(-third)) };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

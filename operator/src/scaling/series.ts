import type { Sample } from './memory.ts';

/** How many intervals the slow arrival rate looks at: 30 s of polls. */
const SLOW_SECONDS = 30;

const TREND_SECONDS = 240;

/** A rise by more than this from one interval to the next is one, when chance does not make it of a steady load. */
const RISE = { factor: 1.1, deviations: 3 };
/** The interval before may have seen only the end of it, so less will do. */
const EARLIER_RISE = { factor: 1.02, deviations: 2 };

export interface Arrivals {
  /** lambda: quick to rise, slow to fall. */
  readonly rate: number;
  /** The middle of the last 30 s. */
  readonly steadyRate: number;
  /** Messages per second by which the rate has changed each second, when it went one way for two minutes and two more. */
  readonly growth: number;
  /** False in the first interval of a rise, which may be a spike or only the end of that interval. */
  readonly isSettled: boolean;
}

/** Messages per second produced, from two samples on; null before. */
export function measureArrivals(samples: readonly Sample[]): Arrivals | null {
  const rates = intervalRates(samples);
  const latest = rates.at(-1);
  const newest = samples.at(-1);
  if (latest === undefined || newest === undefined) return null;
  const slow = samples.filter(({ atMs }) => newest.atMs - atMs < SLOW_SECONDS * 1000).length;
  const steadyRate = median(rates.slice(-slow));
  const rate = Math.max(latest, steadyRate);
  const [previous, earlier] = [rates.at(-2) ?? latest, rates.at(-3) ?? rates.at(-2) ?? latest];
  const seconds = (newest.atMs - (samples.at(-2) ?? newest).atMs) / 1000;
  const isRising = isRise({ from: previous, to: latest, seconds }, RISE);
  const wasRising = isRise({ from: earlier, to: previous, seconds }, EARLIER_RISE);
  return { rate, steadyRate, growth: growthOf(rates, seconds), isSettled: !isRising || wasRising };
}

/** A trend goes on in both halves; a step or a burst lies in one. The slower half counts. */
function growthOf(rates: readonly number[], pollSeconds: number): number {
  const half = Math.round(TREND_SECONDS / 2 / pollSeconds);
  const slow = Math.round(SLOW_SECONDS / pollSeconds);
  const [now, middle, before] = [0, half, 2 * half].map((ago) => {
    const end = rates.length - ago;
    return end < slow ? undefined : median(rates.slice(end - slow, end));
  });
  if (now === undefined || middle === undefined || before === undefined) return 0;
  const [early, late] = [middle - before, now - middle];
  if (early * late <= 0) return 0;
  return (Math.sign(late) * Math.min(Math.abs(early), Math.abs(late))) / (TREND_SECONDS / 2);
}

/**
 * Highest rates within windows that end now, of those that lasted for two intervals of three; null where the samples span
 * less.
 */
export function peakRates(samples: readonly Sample[], windowsSeconds: readonly number[]): (number | null)[] {
  const rates = intervalRates(samples);
  const sustained = rates.map((rate, index) => middleOfThree(rate, rates[index - 1] ?? 0, rates[index - 2] ?? 0));
  const newest = samples.at(-1);
  return windowsSeconds.map((seconds) => {
    const from = samples.findLastIndex(({ atMs }) => newest !== undefined && newest.atMs - atMs >= seconds * 1000);
    return from < 0 ? null : Math.max(0, ...sustained.slice(from + 2));
  });
}

function middleOfThree(a: number, b: number, c: number): number {
  if ((a - b) * (c - a) >= 0) return a;
  return (b - a) * (c - b) >= 0 ? b : c;
}

/** Counts of independent arrivals deviate by their square root. */
function isRise(
  { from, to, seconds }: { readonly from: number; readonly to: number; readonly seconds: number },
  least: { readonly factor: number; readonly deviations: number },
): boolean {
  return to > least.factor * from && (to - from) * seconds > least.deviations * Math.sqrt((from + to) * seconds);
}

function intervalRates(samples: readonly Sample[]): number[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index] ?? sample;
    return ratePerSecond(before, sample, 'producedMessages');
  });
}

/** Messages per second that the group committed over the newest samples; null when they span less. */
export function commitRate(samples: readonly Sample[], spanSeconds: number): number | null {
  const newest = samples.at(-1);
  const from = samples.findLast(({ atMs }) => newest !== undefined && newest.atMs - atMs >= spanSeconds * 1000);
  return newest === undefined || from === undefined ? null : ratePerSecond(from, newest, 'committedMessages');
}

/** Age of the oldest message that waits: since when as much was produced as is committed now. Linear between samples. */
export function timeLagSeconds(samples: readonly Sample[], arrivalRate: number): number {
  const newest = samples.at(-1);
  if (newest === undefined || newest.backlogMessages <= 0) return 0;
  const worked = newest.producedMessages - newest.backlogMessages;
  for (let index = samples.length - 1; index > 0; index -= 1) {
    const [from, to] = [samples[index - 1] ?? newest, samples[index] ?? newest];
    if (from.producedMessages > worked) continue;
    const produced = to.producedMessages - from.producedMessages;
    const share = produced > 0 ? (worked - from.producedMessages) / produced : 1;
    return (newest.atMs - from.atMs - share * (to.atMs - from.atMs)) / 1000;
  }
  // The oldest sample is younger than the oldest message: as if it had always come at this rate.
  const oldest = samples[0] ?? newest;
  const before = oldest.producedMessages - worked;
  const seenSeconds = (newest.atMs - oldest.atMs) / 1000;
  return arrivalRate > 0 ? seenSeconds + before / arrivalRate : seenSeconds + before;
}

function ratePerSecond(from: Sample, to: Sample, count: 'producedMessages' | 'committedMessages'): number {
  const seconds = (to.atMs - from.atMs) / 1000;
  return seconds > 0 ? (to[count] - from[count]) / seconds : 0;
}

/** The middle value, the upper of two; 0 of nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

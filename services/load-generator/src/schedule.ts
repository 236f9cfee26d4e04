import { parseDurationMs } from './duration.ts';

/** From `startMs` of the run on, orders arrive at this rate. Rate 0 is a pause. */
export interface Stage {
  readonly startMs: number;
  readonly ratePerSecond: number;
}

/**
 * The arrival times of a run, fixed before it begins. This is what makes the load open-loop: a slow answer never
 * delays the next arrival.
 */
export interface Schedule {
  readonly orders: number;
  readonly durationMs: number;
  /** When order `index` (0 ... orders - 1) is meant to be sent, in milliseconds since the start of the run. */
  intendedStartMs(index: number): number;
}

/** The highest rate a stage may ask for, in orders per second. */
export const MAX_RATE_PER_SECOND = 100_000;

/** Stages of `0:1000,60s:3000,90s:1000`; undefined unless they begin at 0, ascend, and have a rate above 0. */
export function parseStages(text: string): readonly Stage[] | undefined {
  const stages: Stage[] = [];
  for (const part of text.split(',')) {
    const stage = parseStage(part.trim());
    if (stage === undefined || stage.startMs <= (stages.at(-1)?.startMs ?? -1)) return undefined;
    stages.push(stage);
  }
  return stages[0]?.startMs === 0 && stages.some((stage) => stage.ratePerSecond > 0) ? stages : undefined;
}

function parseStage(text: string): Stage | undefined {
  const [start, rate, ...rest] = text.split(':');
  if (start === undefined || rate === undefined || rest.length > 0) return undefined;
  const startMs = parseDurationMs(start);
  if (startMs === undefined || !/^\d+(\.\d+)?$/.test(rate)) return undefined;
  const ratePerSecond = Number(rate);
  return ratePerSecond <= MAX_RATE_PER_SECOND ? { startMs, ratePerSecond } : undefined;
}

interface Segment extends Stage {
  readonly firstIndex: number;
}

/**
 * Spaces the arrivals of each stage evenly: the first at the stage's start, the others `1000 / ratePerSecond` ms apart,
 * none at or after its end. Stages that begin after `durationMs` have no arrivals.
 */
export function createSchedule(stages: readonly Stage[], durationMs: number): Schedule {
  const segments: Segment[] = [];
  let orders = 0;
  for (const [position, stage] of stages.entries()) {
    const endMs = Math.min(stages[position + 1]?.startMs ?? durationMs, durationMs);
    const arrivals = Math.ceil((Math.max(0, endMs - stage.startMs) * stage.ratePerSecond) / 1000);
    if (arrivals > 0) segments.push({ ...stage, firstIndex: orders });
    orders += arrivals;
  }
  return {
    orders,
    durationMs,
    intendedStartMs(index: number): number {
      const segment = segments.findLast(({ firstIndex }) => firstIndex <= index);
      if (segment === undefined || index >= orders) throw new RangeError(`the schedule has no order ${index}`);
      return segment.startMs + ((index - segment.firstIndex) * 1000) / segment.ratePerSecond;
    },
  };
}

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { Schedule } from './schedule.ts';

/** A timer per arrival would cost more than the arrivals: those that are due within one tick leave together. */
const TICK_MS = 2;
/** How long the pacer may sleep without a look at the signal. */
const MAX_SLEEP_MS = 100;
/** Arrivals that leave without a pause for the answers of others, when the pacer has fallen behind. */
const MAX_BURST = 256;
/** An order that left later than this is the generator's own fault, not a matter of ticks. */
export const LATE_AFTER_MS = 50;

export interface PaceOptions {
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the sending. */
  readonly signal: AbortSignal;
  /** Sends order `index`; must not block. */
  readonly send: (index: number, intendedStartMs: number) => void;
}

/** How well the generator kept its own schedule. */
export interface Pace {
  /** The moment of the schedule's zero, on the clock of `nowMs`. */
  readonly startMs: number;
  readonly sent: number;
  /** From the start to the end of the schedule, or to the last order when that left later. */
  readonly sendingMs: number;
  readonly maxSlipMs: number;
  /** Orders that left more than `LATE_AFTER_MS` after their time. */
  readonly lateOrders: number;
}

/** Sends every order of a schedule at its time, or as soon after it as the event loop allows. */
export async function pace(schedule: Schedule, options: PaceOptions): Promise<Pace> {
  const { nowMs, pause, signal, send } = options;
  const startMs = nowMs();
  let sent = 0;
  let maxSlipMs = 0;
  let lateOrders = 0;
  const nextDueMs = (): number => (sent < schedule.orders ? schedule.intendedStartMs(sent) : schedule.durationMs);
  const sendDue = (): void => {
    for (let burst = 0; burst < MAX_BURST && sent < schedule.orders && !signal.aborted; burst += 1) {
      const intendedStartMs = schedule.intendedStartMs(sent);
      const slipMs = nowMs() - startMs - intendedStartMs;
      if (slipMs < 0) return;
      maxSlipMs = Math.max(maxSlipMs, slipMs);
      if (slipMs > LATE_AFTER_MS) lateOrders += 1;
      send(sent, intendedStartMs);
      sent += 1;
    }
  };
  while (!signal.aborted) {
    sendDue();
    const waitMs = nextDueMs() - (nowMs() - startMs);
    if (waitMs <= 0 && sent === schedule.orders) break;
    if (waitMs <= 0) await yieldToLoop();
    else await pause(Math.min(MAX_SLEEP_MS, Math.max(TICK_MS, waitMs)));
  }
  return { startMs, sent, sendingMs: nowMs() - startMs, maxSlipMs, lateOrders };
}

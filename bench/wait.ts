import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** What is awaited, as in "not so after 60 s: <what>". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly everyMs: number;
}

/**
 * Asks until the answer is yes.
 *
 * @throws {Error} at the deadline, and the signal's reason when it aborts.
 */
export async function waitUntil(isSo: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const { what, signal, timeoutMs, everyMs } = options;
  const giveUpMs = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    if (await isSo()) return;
    if (performance.now() > giveUpMs) throw new Error(`not so after ${Math.round(timeoutMs / 1000)} s: ${what}`);
    await sleep(everyMs);
  }
}

/** Patience for work that a machine in trouble does slowly: a minute, and a hundred events in every further second. */
export function patienceMs(events: number): number {
  return 60_000 + events * 10;
}

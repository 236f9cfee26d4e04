import type { Random } from './random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** When every simulated world begins. */
export const EPOCH_MS = Date.parse('2026-01-31T12:00:00.000Z');

/**
 * Puts the world's time and chance in the place of the runtime's: timers, `Date.now`, `performance.now` and
 * `Math.random`, which is all that the cores know of either. Disposing gives the real ones back.
 */
export function installVirtualTime(scheduler: Scheduler, random: Random): Disposable {
  const cancel = (timer?: Scheduled): void => {
    if (timer !== undefined) timer.isCancelled = true;
  };
  const setTimer = (act: () => void, delayMs = 0): Scheduled => scheduler.after(delayMs, act);
  const setRepeating = (act: () => void, everyMs: number): { isCancelled: boolean } => {
    const handle = { isCancelled: false };
    const repeat = (): void => {
      if (handle.isCancelled) return;
      scheduler.after(everyMs, repeat);
      act();
    };
    scheduler.after(everyMs, repeat);
    return handle;
  };
  const restorers = [
    replace(globalThis, 'setTimeout', setTimer),
    replace(globalThis, 'clearTimeout', cancel),
    replace(globalThis, 'setInterval', setRepeating),
    replace(globalThis, 'clearInterval', cancel),
    replace(globalThis, 'performance', { now: () => scheduler.nowMs }),
    replace(Date, 'now', () => EPOCH_MS + Math.floor(scheduler.nowMs)),
    replace(Math, 'random', () => random.next()),
    replace(Error, 'stackTraceLimit', 0), // thousands of errors that nobody reads
  ];
  return {
    [Symbol.dispose]() {
      for (const restore of restorers) restore();
    },
  };
}

function replace(target: object, name: string, value: unknown): () => void {
  const real = Object.getOwnPropertyDescriptor(target, name);
  if (real === undefined) throw new Error(`there is no ${name} to replace`);
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  return () => Object.defineProperty(target, name, real);
}

import { systemClock, type Clock } from '@orderflow/service-kit/clock';
import { sleep } from '@orderflow/service-kit/sleep';

/** What waits in this folder waits through this, so that tests can turn the hands. */
export interface Time extends Clock {
  /** Milliseconds from an arbitrary start that no clock adjustment moves. */
  monotonicMs(): number;
  /** Waits, or returns early (without throwing) when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemTime: Time = { ...systemClock, monotonicMs: () => performance.now(), sleep };

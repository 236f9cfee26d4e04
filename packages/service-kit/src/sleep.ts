import { setTimeout as delay } from 'node:timers/promises';

/** Waits, or returns early (without throwing) when the signal aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error: unknown) {
    if (signal?.aborted !== true) throw error;
  }
}

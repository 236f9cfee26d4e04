import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** What can be struck: a service or a server. */
export interface Victim {
  /** Of the present process. */
  readonly exited: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
}

/** Kills a process and waits until it is gone. Returns how many were killed: 0 when it had ended already. */
export async function killNow(victim: Victim): Promise<number> {
  const { exited } = victim;
  const wasGone = await Promise.race([exited.then(() => true), setImmediate(false)]);
  victim.kill('SIGKILL');
  await exited;
  return wasGone ? 0 : 1;
}

/**
 * Stops a process, which keeps its sockets and says nothing, and wakes it after that time, whatever happens.
 *
 * @throws {Error} AbortError when the signal aborts; it is awake then.
 */
export async function pauseFor(victim: Victim, forMs: number, signal: AbortSignal): Promise<void> {
  victim.kill('SIGSTOP');
  try {
    await sleep(forMs, undefined, { signal });
  } finally {
    victim.kill('SIGCONT');
  }
}

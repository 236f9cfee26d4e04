import type { Clock } from '@orderflow/service-kit/clock';

/** What is still on its way from the orders to analytics. */
export interface Backlog {
  readonly outboxUnsent: number;
  /** Messages that the event processor has not committed yet. */
  readonly lagMessages: number;
}

export interface DrainPorts {
  readBacklog(): Promise<Backlog>;
  sleep(ms: number): Promise<void>;
  onProgress(backlog: Backlog): void;
  readonly clock: Clock;
}

/** How often the backlog is read while waiting. */
const POLL_INTERVAL_MS = 250;

/**
 * Waits until nothing is on its way any more, at most `timeoutMs`. Returns the last backlog: the audit goes on with
 * what is left, and says so.
 */
export async function waitForDrain(ports: DrainPorts, timeoutMs: number): Promise<Backlog> {
  const giveUpAtMs = ports.clock.nowMs() + timeoutMs;
  for (;;) {
    const backlog = await ports.readBacklog();
    if (isDrained(backlog) || ports.clock.nowMs() >= giveUpAtMs) return backlog;
    ports.onProgress(backlog);
    await ports.sleep(POLL_INTERVAL_MS);
  }
}

export function isDrained({ outboxUnsent, lagMessages }: Backlog): boolean {
  return outboxUnsent === 0 && lagMessages === 0;
}

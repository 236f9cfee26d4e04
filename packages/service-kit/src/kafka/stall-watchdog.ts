import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import type { PartitionLag } from './admin-port.ts';
import { findStalled, type PartitionProgress, type StalledPartition } from './consumer-progress.ts';

export interface StallWatchdogOptions {
  readonly logger: Logger;
  readonly checkEveryMs: number;
  /** Assigned partitions that were handed nothing for suspiciously long. */
  findQuiet(): readonly PartitionProgress[];
  readLag(topic: string): Promise<readonly PartitionLag[]>;
}

/**
 * Waits until a partition stalls: messages are there and nothing fetches them. kafkajs is known to stop fetching
 * without an error; only a new process helps. Asks the brokers only when something is quiet, and takes brokers that do
 * not answer for an outage, not for a stall.
 *
 * @returns the stalled partitions; none when the signal aborted.
 */
export async function waitForStall(
  options: StallWatchdogOptions,
  signal: AbortSignal,
): Promise<readonly StalledPartition[]> {
  while (!signal.aborted) {
    await sleep(options.checkEveryMs, signal);
    const stalled = signal.aborted ? [] : await checkOnce(options);
    if (stalled.length > 0) return stalled;
  }
  return [];
}

async function checkOnce(options: StallWatchdogOptions): Promise<readonly StalledPartition[]> {
  const quietByTopic = Map.groupBy(options.findQuiet(), ({ topic }) => topic);
  try {
    const stalled: StalledPartition[] = [];
    for (const topic of quietByTopic.keys()) {
      const lags = await options.readLag(topic);
      // Asked again after the answer: a rebalance or a late batch meanwhile is progress.
      const stillQuiet = options.findQuiet().filter((quiet) => quiet.topic === topic);
      stalled.push(...findStalled(stillQuiet, lags));
    }
    return stalled;
  } catch (error: unknown) {
    options.logger.debug({ err: error }, 'lag not read, so no stall can be told');
    return [];
  }
}

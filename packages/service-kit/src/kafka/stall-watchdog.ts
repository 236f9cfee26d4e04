import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { sleep } from '../sleep.ts';
import type { PartitionLag } from './admin-port.ts';
import { findLagging, partitionKey, type LaggingPartition, type PartitionProgress } from './consumer-progress.ts';

const CHECKS_PER_STALL = 3;

export interface StallWatchdogOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long messages have to lie there without any progress. */
  readonly stallAfterMs: number;
  /** Assigned partitions that were handed nothing for that long. */
  findQuiet(ms: number): readonly PartitionProgress[];
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
): Promise<readonly LaggingPartition[]> {
  const { clock, stallAfterMs } = options;
  let lagSinceMs: ReadonlyMap<string, number> = new Map();
  while (!signal.aborted) {
    await sleep(stallAfterMs / CHECKS_PER_STALL, signal);
    if (signal.aborted) break;
    const lagging = await askForLagging(options);
    const nowMs = clock.nowMs();
    const earlier = lagSinceMs;
    lagSinceMs = new Map(lagging.map((partition) => [spellOf(partition), earlier.get(spellOf(partition)) ?? nowMs]));
    const stalled = lagging.filter((partition) => nowMs - (earlier.get(spellOf(partition)) ?? nowMs) >= stallAfterMs);
    if (stalled.length > 0) return stalled;
  }
  return [];
}

/** Names a time without progress: any progress begins another one. */
function spellOf({ topic, partition, sinceMs }: LaggingPartition): string {
  return `${partitionKey(topic, partition)} since ${sinceMs}`;
}

async function askForLagging(options: StallWatchdogOptions): Promise<readonly LaggingPartition[]> {
  const quiet = Map.groupBy(options.findQuiet(options.stallAfterMs / CHECKS_PER_STALL), ({ topic }) => topic);
  try {
    const lagging = [...quiet].map(async ([topic, partitions]) =>
      findLagging(partitions, await options.readLag(topic)),
    );
    return (await Promise.all(lagging)).flat();
  } catch (error: unknown) {
    options.logger.debug({ err: error }, 'lag not read, so no stall can be told');
    return [];
  }
}

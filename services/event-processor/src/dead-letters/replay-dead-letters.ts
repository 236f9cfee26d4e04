import type { EventProducer } from '@orderflow/service-kit/kafka/port';
import type { Pool } from '@orderflow/service-kit/postgres';
import { toSourceMessage } from './dead-letter-message.ts';
import { listDeadLetters, markReplayed, type DeadLetter } from './dead-letter-store.ts';

const LETTERS_PER_SEND = 100;

export interface ReplayPorts {
  readonly pool: Pool;
  readonly producer: EventProducer;
  /** The source topic: letters came from it and go back to it. */
  readonly topic: string;
  readonly onReplayed: (letters: readonly DeadLetter[]) => void;
}

/** Which letters of the topic; all when both are left out. */
export interface ReplaySelection {
  readonly partition?: number | undefined;
  readonly sourceOffset?: number | undefined;
}

/**
 * Sends dead letters back to their topic as they came, in the order of their offsets, and marks them as replayed. A
 * letter whose event was applied meanwhile does nothing; one that still cannot be applied becomes a new dead letter. A
 * crash between the send and the mark sends letters twice, which is harmless for the same reason.
 *
 * @returns how many were sent.
 */
export async function replayDeadLetters(ports: ReplayPorts, selection: ReplaySelection): Promise<number> {
  // Read once: a letter that fails again comes back as a new row, and must not be replayed in a circle.
  const letters = await listDeadLetters(ports.pool, ports.topic, { ...selection, onlyUnreplayed: true });
  for (let start = 0; start < letters.length; start += LETTERS_PER_SEND) {
    const part = letters.slice(start, start + LETTERS_PER_SEND);
    await ports.producer.sendBatch(ports.topic, part.map(toSourceMessage));
    await markReplayed(ports.pool, part);
    ports.onReplayed(part);
  }
  return letters.length;
}

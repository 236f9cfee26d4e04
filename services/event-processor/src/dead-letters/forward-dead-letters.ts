import { KafkaSendError, type EventProducer } from '@orderflow/service-kit/kafka/port';
import type { Logger } from '@orderflow/service-kit/logger';
import { toDeadLetterMessage } from './dead-letter-message.ts';
import type { DeadLetter, DeadLetterId } from './dead-letter-store.ts';

const LETTERS_PER_ROUND = 100;

/** The recorded letters as the forwarder uses them; `dead-letter-store.ts` says what each call means. */
export interface UnforwardedLetters {
  read(limit: number): Promise<DeadLetter[]>;
  markForwarded(letters: readonly DeadLetterId[]): Promise<void>;
  markUnforwardable(letter: DeadLetterId, reason: string): Promise<void>;
}

export interface ForwardPorts {
  readonly unforwarded: UnforwardedLetters;
  readonly producer: EventProducer;
  readonly dlqTopic: string;
  readonly logger: Logger;
  readonly onForwarded: (letters: number) => void;
  readonly onRejected: () => void;
}

/**
 * Copies recorded dead letters to the dead letter topic, at least once: a crash between the send and the mark sends
 * them again. A letter that Kafka can never take (too large) stays in the table alone and holds up no other.
 *
 * @throws {KafkaSendError} `unavailable`: nothing is lost, try again later.
 */
export async function forwardDeadLetters(ports: ForwardPorts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const letters = await ports.unforwarded.read(LETTERS_PER_ROUND);
    if (letters.length === 0) return;
    try {
      await send(ports, letters);
    } catch (error: unknown) {
      if (!isRejected(error)) throw error;
      for (const letter of letters) await sendAlone(ports, letter);
    }
  }
}

async function send(
  { unforwarded, producer, dlqTopic, onForwarded }: ForwardPorts,
  letters: readonly DeadLetter[],
): Promise<void> {
  await producer.sendBatch(dlqTopic, letters.map(toDeadLetterMessage));
  await unforwarded.markForwarded(letters);
  onForwarded(letters.length);
}

async function sendAlone(ports: ForwardPorts, letter: DeadLetter): Promise<void> {
  try {
    await send(ports, [letter]);
  } catch (error: unknown) {
    if (!isRejected(error)) throw error;
    const { partition, sourceOffset } = letter;
    ports.logger.error({ err: error, partition, offset: sourceOffset }, 'dead letter stays in the table alone');
    await ports.unforwarded.markUnforwardable(letter, error.message);
    ports.onRejected();
  }
}

function isRejected(error: unknown): error is KafkaSendError {
  return error instanceof KafkaSendError && error.kind === 'rejected';
}

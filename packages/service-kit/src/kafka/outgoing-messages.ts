import { KafkaSendError, type OutgoingMessage } from './port.ts';

/** What a record costs beside its key, value and headers; generous. */
const RECORD_OVERHEAD_BYTES = 64;

/**
 * Refuses what cannot be encoded before kafkajs sees it: its own TypeErrors cannot be told from the TypeErrors of its
 * bugs, and a bug must never condemn a message.
 *
 * @throws {KafkaSendError} `rejected`.
 */
export function validateMessages(messages: readonly OutgoingMessage[]): void {
  for (const message of messages) {
    const reason = whyUnencodable(message);
    if (reason !== undefined) throw new KafkaSendError('rejected', new TypeError(reason));
  }
}

function whyUnencodable({ key, value, headers }: OutgoingMessage): string | undefined {
  if (typeof key !== 'string') return 'the key of a message must be a string';
  if (typeof value !== 'string' && value !== null && !Buffer.isBuffer(value)) {
    return 'the value of a message must be a string, a Buffer or null';
  }
  for (const name in headers) {
    if (typeof headers[name] !== 'string') return `header ${name} must be a string`;
  }
  return undefined;
}

/**
 * Cuts a batch, keeping its order, so that no part is larger than the limit unless it is a single message. Brokers
 * bound the bytes of all messages that one partition gets at once: many small messages must not fail as too large.
 */
export function splitByBytes(messages: readonly OutgoingMessage[], maxBytes: number): OutgoingMessage[][] {
  const parts: OutgoingMessage[][] = [];
  let part: OutgoingMessage[] = [];
  let partBytes = 0;
  for (const message of messages) {
    const bytes = sizeOf(message);
    if (part.length > 0 && partBytes + bytes > maxBytes) {
      parts.push(part);
      part = [];
      partBytes = 0;
    }
    part.push(message);
    partBytes += bytes;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

function sizeOf({ key, value, headers }: OutgoingMessage): number {
  let bytes = RECORD_OVERHEAD_BYTES + Buffer.byteLength(key) + (value === null ? 0 : Buffer.byteLength(value));
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '');
  return bytes;
}

import type { KafkaMessage } from 'kafkajs';
import type { IncomingMessage } from './port.ts';

/** A message as kafkajs decoded it, seen through the port; headers become strings when somebody looks at them. */
export class DecodedMessage implements IncomingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly #rawHeaders: KafkaMessage['headers'];
  #headers: Readonly<Record<string, string>> | undefined;

  constructor(message: KafkaMessage) {
    this.key = message.key;
    this.value = message.value;
    this.offset = BigInt(message.offset);
    this.timestampMs = Number(message.timestamp);
    this.#rawHeaders = message.headers;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= decodeHeaders(this.#rawHeaders ?? {});
    return this.#headers;
  }
}

type RawHeaders = NonNullable<KafkaMessage['headers']>;

function decodeHeaders(raw: RawHeaders): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    headers[name] = last?.toString() ?? '';
  }
  return headers;
}

import type { DeadLetter } from '../src/dead-letters/dead-letter-store.ts';

export function deadLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    topic: 'order-events',
    partition: 3,
    sourceOffset: 17,
    recordTimestampMs: 1_000,
    key: Buffer.from('key-1'),
    value: Buffer.from('{'),
    headers: { 'event-id': 'e-1' },
    error: 'NOT_JSON: no',
    failedAt: new Date('2026-01-31T12:00:00.000Z'),
    forwardedAt: null,
    replayedAt: null,
    ...overrides,
  };
}

import { randomFillSync } from 'node:crypto';
import { v7, validate } from 'uuid';

const ID_BYTES = 16;
/** Random bytes for many ids: asking the system for each costs more than everything else about an id. */
const stock = Buffer.alloc(ID_BYTES * 256);
let stockUsed = stock.length;

function drawRandom(): Buffer {
  if (stockUsed === stock.length) {
    randomFillSync(stock);
    stockUsed = 0;
  }
  stockUsed += ID_BYTES;
  return stock.subarray(stockUsed - ID_BYTES, stockUsed);
}

let lastMs = Number.NEGATIVE_INFINITY;
let lastSequence = 0;

/**
 * A new UUIDv7 (RFC 9562 section 5.7): time-ordered, so that primary-key indexes grow at their right edge and "newest
 * first" is a backward walk of the key. Ids of one process grow strictly, also within a millisecond and when the clock
 * is set back (section 6.2, method 1).
 */
export function newId(): string {
  const random = drawRandom();
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    lastSequence = random.readUInt32BE(6) >>> 1; // 31 random bits leave room to count up
  } else {
    lastSequence = (lastSequence + 1) >>> 0;
    if (lastSequence === 0) lastMs += 1;
  }
  return v7({ random, msecs: lastMs, seq: lastSequence });
}

/** True for any RFC 9562 UUID in its textual form. */
export function isId(text: string): boolean {
  return validate(text);
}

/** Unix milliseconds that a UUIDv7 carries in its first 48 bits. */
export function idTimestampMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The last moment that the 48 bits of a UUIDv7 can hold, in the year 10889. */
export const MAX_ID_TIMESTAMP_MS = 2 ** 48 - 1;

/**
 * The smallest UUIDv7 of a moment: the lower bound of a range scan over time-ordered ids.
 *
 * @throws {RangeError} for a moment of which no id can be.
 */
export function firstIdAt(timestampMs: number): string {
  const moment = Math.max(0, Math.floor(timestampMs));
  if (!(moment <= MAX_ID_TIMESTAMP_MS)) throw new RangeError(`no UUIDv7 is of the moment ${timestampMs}`);
  const hex = moment.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

import type { Pool } from '@orderflow/service-kit/postgres';
import { markForwarded, markUnforwardable, readUnforwarded } from './dead-letter-store.ts';
import type { UnforwardedLetters } from './forward-dead-letters.ts';

/** The recorded dead letters in the analytics database. */
export function createUnforwardedLetters(pool: Pool): UnforwardedLetters {
  return {
    read: (limit) => readUnforwarded(pool, limit),
    markForwarded: (letters) => markForwarded(pool, letters),
    markUnforwardable: (letter, reason) => markUnforwardable(pool, letter, reason),
  };
}

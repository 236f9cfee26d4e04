import type { WriteOutcome } from '../controller/ports.ts';
import { isConflict, isNotFound } from './api-error.ts';

/** What became of a conditional write. Throws what is neither done, nor refused by its precondition, nor without object. */
export async function writeOutcome(write: Promise<unknown>): Promise<WriteOutcome> {
  try {
    await write;
    return 'written';
  } catch (error: unknown) {
    if (isConflict(error)) return 'conflict';
    if (isNotFound(error)) return 'notFound';
    throw error;
  }
}

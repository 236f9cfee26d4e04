import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const TAIL_BYTES = 16_384;
const CHUNK_BYTES = 65_536;

/** The last lines of a log, for messages; none when there is no such file. */
export function readLastLines(file: string, count: number): string {
  const size = sizeOf(file);
  const tail = readRange(file, { start: Math.max(0, size - TAIL_BYTES), length: Math.min(size, TAIL_BYTES) });
  return tail.trimEnd().split('\n').slice(-count).join('\n');
}

/** Zero when there is no such file. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * A question to be asked again and again: has the text been written to the file after `start` bytes?
 * Reads every byte once, whatever the log grows to.
 */
export function watchForText(file: string, text: string, start: number): () => boolean {
  let position = start;
  let seen = '';
  let isFound = false;
  return () => {
    while (!isFound) {
      const chunk = readRange(file, { start: position, length: CHUNK_BYTES });
      if (chunk === '') break;
      position += Buffer.byteLength(chunk, 'latin1');
      isFound = (seen + chunk).includes(text);
      seen = chunk.slice(-text.length);
    }
    return isFound;
  };
}

/** Latin-1, so that one byte is one character wherever the range begins; messages are ASCII but for names. */
function readRange(file: string, { start, length }: { start: number; length: number }): string {
  if (sizeOf(file) === 0) return '';
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(length, Math.max(0, fstatSync(descriptor).size - start)));
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, start));
  } finally {
    closeSync(descriptor);
  }
}

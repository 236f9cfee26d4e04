import type { WriteStream } from 'node:tty';

/** Where the embedded default tells its user what it does. */
export interface ProgressLog {
  /** A line that stays. */
  step(text: string): void;
  /** The state of something that takes long; a terminal shows it in place, a file gets a line now and then. */
  update(text: string): void;
}

const PLAIN_UPDATE_INTERVAL_MS = 5_000;
const CLEAR_LINE = '\r\u001B[2K';

interface ProgressOptions {
  readonly stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };
  readonly nowMs?: () => number;
}

/** Progress on a stream: updates rewrite one line on a terminal, elsewhere they are plain lines every five seconds. */
export function createProgressLog({ stream, nowMs = Date.now }: ProgressOptions): ProgressLog {
  const isTerminal = stream.isTTY === true;
  let lastPlainUpdateMs = Number.NEGATIVE_INFINITY;
  return {
    step(text) {
      stream.write(isTerminal ? `${CLEAR_LINE}${text}\n` : `${text}\n`);
      lastPlainUpdateMs = nowMs();
    },
    update(text) {
      if (isTerminal) {
        stream.write(`${CLEAR_LINE}${text}`);
      } else if (nowMs() - lastPlainUpdateMs >= PLAIN_UPDATE_INTERVAL_MS) {
        lastPlainUpdateMs = nowMs();
        stream.write(`${text}\n`);
      }
    },
  };
}

/** For callers with nobody to tell. */
export const silentProgress: ProgressLog = { step: () => undefined, update: () => undefined };

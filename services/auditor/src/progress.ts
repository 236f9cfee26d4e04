import type { WriteStream } from 'node:tty';

/** Tells a waiting person what is going on. */
export interface Progress {
  /** Shows the state of something that takes a while: in place on a terminal, now and then as a line elsewhere. */
  update(text: string): void;
  /** Shows a line that stays. */
  say(text: string): void;
  /** Takes the last update away. */
  clear(): void;
}

const PLAIN_INTERVAL_MS = 5_000;
const TERMINAL_INTERVAL_MS = 100;
const CLEAR_LINE = '\r\u001B[2K';

export interface ProgressOptions {
  readonly stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };
  readonly nowMs: () => number;
}

export function createProgress({ stream, nowMs }: ProgressOptions): Progress {
  const isTerminal = stream.isTTY === true;
  const intervalMs = isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  // The first update elsewhere than on a terminal comes late: what is done by then needs no line.
  let lastMs = isTerminal ? Number.NEGATIVE_INFINITY : nowMs();
  const clear = (): void => void (isTerminal && stream.write(CLEAR_LINE));
  return {
    update(text) {
      if (nowMs() - lastMs < intervalMs) return;
      lastMs = nowMs();
      stream.write(isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`);
    },
    say(text) {
      clear();
      stream.write(`${text}\n`);
    },
    clear,
  };
}

import { formatDuration } from './duration.ts';
import type { LatencyInterval } from './latency.ts';

export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'json', 'off'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** How a run is doing at one moment. The latencies are of the time since the sample before. */
export interface ProgressSample extends LatencyInterval {
  readonly elapsedMs: number;
  readonly sent: number;
  readonly accepted: number;
  readonly failed: number;
  readonly inFlight: number;
}

/** Where text goes: a terminal, a pipe, a file. */
export interface TextSink {
  write(text: string): unknown;
}

export interface ProgressPorts {
  readonly sample: () => ProgressSample;
  /** For machines: one JSON line per second. */
  readonly stdout: TextSink;
  /** For people. */
  readonly stderr: TextSink & { readonly isTTY?: boolean };
}

const LIVE_INTERVAL_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;
const CLEAR_LINE = '\r\u001B[2K';

/** One line of progress for people; `previous` is what the current rate is measured from. */
export function renderProgress(sample: ProgressSample, previous: ProgressSample | undefined): string {
  const sinceMs = sample.elapsedMs - (previous?.elapsedMs ?? 0);
  const rate = sinceMs > 0 ? ((sample.sent - (previous?.sent ?? 0)) * 1000) / sinceMs : 0;
  return [
    formatDuration(sample.elapsedMs).padStart(8),
    `sent ${sample.sent}`,
    `accepted ${sample.accepted}`,
    `failed ${sample.failed}`,
    `${Math.round(rate)}/s`,
    `p50 ${sample.p50Ms.toFixed(1)} ms`,
    `p99 ${sample.p99Ms.toFixed(1)} ms`,
    `in flight ${sample.inFlight}`,
  ].join('  ');
}

/** Begins to report the progress of a run; the returned function ends that. */
export function startProgress(mode: ProgressMode, ports: ProgressPorts): () => void {
  const { sample, stdout, stderr } = ports;
  switch (mode) {
    case 'off':
      return () => undefined;
    case 'auto':
      return startProgress(stderr.isTTY === true ? 'tty' : 'plain', ports);
    case 'json': {
      const write = (): unknown => stdout.write(`${JSON.stringify(sample())}\n`);
      const stop = every(LIVE_INTERVAL_MS, write);
      return () => {
        stop();
        write(); // so that the reader ends with the final counts
      };
    }
    case 'tty': {
      const write = lineWriter(sample, (line) => stderr.write(CLEAR_LINE + line));
      const stop = every(LIVE_INTERVAL_MS, write);
      return () => {
        stop();
        stderr.write(CLEAR_LINE);
      };
    }
    case 'plain':
      return every(
        PLAIN_INTERVAL_MS,
        lineWriter(sample, (line) => stderr.write(`${line}\n`)),
      );
    default:
      return mode satisfies never;
  }
}

function lineWriter(sample: () => ProgressSample, write: (line: string) => void): () => void {
  let previous: ProgressSample | undefined;
  return () => {
    const current = sample();
    write(renderProgress(current, previous));
    previous = current;
  };
}

function every(intervalMs: number, action: () => unknown): () => void {
  const timer = setInterval(action, intervalMs);
  return () => clearInterval(timer);
}

import { ApiError, fromWatchStatus, toApiError } from './api-error.ts';

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: { readonly resourceVersion: string } } };

export interface WatchStreamOptions {
  /** For messages: `watch deployments`. */
  readonly call: string;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/**
 * The events of a watch, until its end or until the signal aborts. Silence ends it as an error: when a connection dies
 * half open, nothing else tells.
 *
 * @throws ApiError
 */
export async function* readWatchEvents<T>(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  { call, silenceMs, signal }: WatchStreamOptions,
): AsyncGenerator<WatchEvent<T>> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const stream = await open(AbortSignal.any([signal, silence.signal]));
    for await (const line of readLines(stream)) {
      timer.refresh();
      yield parseEvent<T>(call, line);
    }
  } catch (error: unknown) {
    if (signal.aborted) return;
    if (!silence.signal.aborted) throw toApiError(call, error);
    throw new ApiError(`${call}: silent for ${silenceMs} ms`, { status: undefined, code: 'WatchSilent', cause: error });
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function parseEvent<T>(call: string, line: string): WatchEvent<T> {
  const event = JSON.parse(line) as WatchEvent<T> | { readonly type: 'ERROR'; readonly object: unknown };
  if (event.type === 'ERROR') throw fromWatchStatus(call, event.object);
  return event;
}

/** Whole lines only: what stands after the last newline is the rest of a connection that broke. */
async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

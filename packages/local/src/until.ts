import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_INTERVAL_MS = 20;

export interface UntilOptions<Value> {
  /** What is awaited, as in "not so after 15 s: <what>". */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** When a value is good enough. Default: when it is truthy. */
  readonly isDone?: (value: Value) => boolean;
}

/**
 * Asks again and again until the answer is good, and gives it back. A question that throws counts as "not yet".
 * @throws Error with what was awaited and the last answer.
 */
export async function until<Value>(
  ask: () => Value | Promise<Value>,
  { what, timeoutMs = DEFAULT_TIMEOUT_MS, intervalMs = DEFAULT_INTERVAL_MS, isDone = Boolean }: UntilOptions<Value>,
): Promise<Value> {
  const giveUpMs = performance.now() + timeoutMs;
  for (;;) {
    let last: { readonly value: Value } | { readonly error: unknown };
    try {
      last = { value: await ask() };
    } catch (error: unknown) {
      last = { error };
    }
    if ('value' in last && isDone(last.value)) return last.value;
    if (performance.now() > giveUpMs) throw notSoError(what, timeoutMs, last);
    await sleep(intervalMs);
  }
}

function notSoError(what: string, timeoutMs: number, last: { value: unknown } | { error: unknown }): Error {
  const said = 'value' in last ? inspect(last.value, { depth: 4 }) : `it threw ${String(last.error)}`;
  const cause = 'error' in last ? { cause: last.error } : undefined;
  return new Error(`not so after ${timeoutMs / 1_000} s: ${what}; last: ${said}`, cause);
}

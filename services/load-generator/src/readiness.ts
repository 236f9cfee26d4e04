import type { HttpRequest, Reply } from './http-client.ts';

const RETRY_INTERVAL_MS = 200;
const PROBE_TIMEOUT_MS = 1000;

export interface ReadinessOptions {
  readonly target: URL;
  readonly readyTimeoutMs: number;
  readonly send: (request: HttpRequest) => Promise<Reply>;
  readonly nowMs: () => number;
  /** Waits, but returns early when `stopping` aborts. */
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the waiting early. */
  readonly stopping: AbortSignal;
}

/** The target never answered: there is nothing to load. */
export class TargetUnreachableError extends Error {
  override readonly name = 'TargetUnreachableError';
  readonly code = 'TARGET_UNREACHABLE';
}

/**
 * Waits until the target answers `GET /openapi.json` at all; any answer below 500 will do, so that a single service
 * can be loaded too. Returns early when the signal aborts.
 *
 * @throws {TargetUnreachableError} with a sentence for the user.
 */
export async function waitUntilReady(options: ReadinessOptions): Promise<void> {
  const deadlineMs = options.nowMs() + options.readyTimeoutMs;
  while (!options.stopping.aborted) {
    const reply = await options.send({ method: 'GET', path: '/openapi.json', timeoutMs: PROBE_TIMEOUT_MS });
    if (reply.kind === 'answer' && reply.status < 500) return;
    if (options.nowMs() >= deadlineMs) throw new TargetUnreachableError(unreachableSentence(options, reply));
    await options.pause(RETRY_INTERVAL_MS);
  }
}

function unreachableSentence({ target, readyTimeoutMs }: ReadinessOptions, last: Reply): string {
  const reason = last.kind === 'none' ? last.error : `HTTP ${last.status}`;
  return `${target.href} was not ready within ${readyTimeoutMs / 1000} s (${reason}): is the gateway running there? Give its address with --url`;
}

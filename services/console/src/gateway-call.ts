import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from '@orderflow/service-kit/problem';
import type { ConsolePorts } from './console-app.ts';

const ANSWER_WITHIN_MS = 10_000;

export interface GatewayAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Calls the public API. Rejects with a ProblemError when it does not answer. */
export function createGatewayCall({ url, headers }: GatewayAddress): ConsolePorts['callGateway'] {
  return async (path, body) => {
    try {
      const response = await fetch(new URL(path, url), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body ?? {}),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const contentType = response.headers.get('content-type') ?? 'application/json';
      return { status: response.status, contentType, body: await response.text() };
    } catch (cause: unknown) {
      throw new ProblemError(PROBLEMS.unavailable, { detail: 'the gateway does not answer' }, { cause });
    }
  };
}

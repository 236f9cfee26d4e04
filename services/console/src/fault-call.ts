import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError } from '@orderflow/service-kit/problem';
import type { ConsolePorts } from './console-app.ts';
import { findFaultDesk } from './platform-file.ts';

const ANSWER_WITHIN_MS = 5_000;

/**
 * Asks whoever is named in the platform file to inject a fault. Without such a file there is no such action. Rejects with
 * a ProblemError when nobody offers it or nobody answers.
 */
export function createFaultCall(platformFile: string | undefined): ConsolePorts['injectFault'] {
  if (platformFile === undefined) return undefined;
  return async (kind) => {
    const desk = await findFaultDesk(platformFile);
    if (desk === undefined) throw new ProblemError(PROBLEMS.notFound, { detail: 'nobody injects faults here' });
    try {
      const response = await fetch(`${desk.url}/faults/${encodeURIComponent(kind)}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${desk.token}` },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const contentType = response.headers.get('content-type') ?? 'application/json';
      return { status: response.status, contentType, body: await response.text() };
    } catch (cause: unknown) {
      throw new ProblemError(PROBLEMS.unavailable, { detail: 'who injects faults does not answer' }, { cause });
    }
  };
}

import type { Verdict } from '@orderflow/auditor/service/verdict';
import { until } from '../until.ts';

/** What the standing auditor says, or undefined when it does not answer in time. */
export async function readVerdict(auditorUrl: string): Promise<Verdict | undefined> {
  try {
    const response = await fetch(`${auditorUrl}/verdict`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? ((await response.json()) as Verdict) : undefined;
  } catch {
    return undefined; // asked again; what it says in the end is in the report
  }
}

/** Whether the auditor has judged every order placed before the moment. */
export function isFinal({ verdict, provedUpTo }: Verdict, beforeMs: number): boolean {
  if (verdict === 'broken') return true;
  return verdict === 'proved' && provedUpTo !== null && Date.parse(provedUpTo) >= beforeMs;
}

const VERDICT_DEADLINE_MS = 60_000;

/**
 * The auditor's verdict on all orders placed before the moment.
 *
 * @throws {Error} when it comes to none.
 */
export async function awaitVerdict(auditorUrl: string, beforeMs: number): Promise<Verdict> {
  const verdict = await until(() => readVerdict(auditorUrl), {
    isDone: (said) => said !== undefined && isFinal(said, beforeMs),
    timeoutMs: VERDICT_DEADLINE_MS,
    intervalMs: 500,
    what: 'the verdict of the standing auditor',
  });
  if (verdict === undefined) throw new Error('the auditor said nothing');
  return verdict;
}

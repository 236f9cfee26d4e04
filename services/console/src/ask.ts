import { parseExposition, type Exposition } from './exposition.ts';
import type { Part } from './part.ts';

/** Of every source: whoever takes longer counts as down. */
export const ANSWER_WITHIN_MS = 2_000;

/** The answer to a GET as `parse` understands it; down when there is none, or none that it understands. */
export async function askJson<T>(
  url: string,
  parse: (body: unknown) => T,
  headers: Readonly<Record<string, string>> = {},
): Promise<Part<T>> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body: unknown = await response.json();
    return response.ok ? { state: 'up', value: parse(body) } : { state: 'down' };
  } catch {
    return { state: 'down' }; // which is what the page is to show
  }
}

/** undefined when the process does not answer. */
export async function askMetrics(adminUrl: string): Promise<Exposition | undefined> {
  try {
    const response = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const text = await response.text();
    return response.ok ? parseExposition(text) : undefined;
  } catch {
    return undefined; // as above
  }
}

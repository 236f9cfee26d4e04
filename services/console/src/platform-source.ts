import { readFile } from 'node:fs/promises';
import { parseExposition } from './exposition.ts';
import type { Look } from './flow.ts';
import { parsePlatformFile, type PlatformFacts } from './platform-file.ts';
import { recentOrdersSchema, salesSchema, verdictSchema, type Part, type View } from './view.ts';

const ANSWER_WITHIN_MS = 2_000;
const ORDERS_SHOWN = 10;

export interface SourceAddresses {
  readonly gatewayUrl: string;
  readonly gatewayApiKey: string | undefined;
  readonly auditorUrl: string | undefined;
  readonly platformFile: string;
}

/** What one look at every source gave. */
export interface Sighting extends Pick<View, 'verdict' | 'sales' | 'orders'> {
  readonly look: Look;
  readonly facts: PlatformFacts | undefined;
}

/** Asks every source once. A source that fails is down in the result; this never rejects. */
export class PlatformSource {
  readonly #addresses: SourceAddresses;

  constructor(addresses: SourceAddresses) {
    this.#addresses = addresses;
  }

  async look(nowMs: () => number): Promise<Sighting> {
    const { gatewayUrl, auditorUrl } = this.#addresses;
    const [{ look, facts }, verdict, sales, orders] = await Promise.all([
      this.#lookAtProcesses(nowMs),
      auditorUrl === undefined
        ? ({ state: 'absent' } as const)
        : read(`${auditorUrl}/verdict`, {}, (body) => verdictSchema.parse(body)),
      read(`${gatewayUrl}/analytics/sales?minutes=30&top=5`, this.headers(), (body) => salesSchema.parse(body)),
      read(`${gatewayUrl}/orders?limit=${ORDERS_SHOWN}`, this.headers(), (body) => recentOrdersSchema.parse(body)),
    ]);
    return { look, facts, verdict, sales, orders };
  }

  /** Of every request to the gateway. */
  headers(): Record<string, string> {
    const { gatewayApiKey } = this.#addresses;
    return gatewayApiKey === undefined ? {} : { authorization: `Bearer ${gatewayApiKey}` };
  }

  async #lookAtProcesses(nowMs: () => number): Promise<Pick<Sighting, 'look' | 'facts'>> {
    const facts = await this.#readFacts();
    const processes = await Promise.all(
      (facts?.processes ?? []).map(async (address) => ({
        ...address,
        exposition: await readMetrics(address.adminUrl),
      })),
    );
    return { look: { atMs: nowMs(), processes }, facts };
  }

  async #readFacts(): Promise<PlatformFacts | undefined> {
    try {
      return parsePlatformFile(await readFile(this.#addresses.platformFile, 'utf8'));
    } catch {
      return undefined; // shown as down
    }
  }
}

async function read<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  parse: (body: unknown) => T,
): Promise<Part<T>> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body: unknown = await response.json();
    return response.ok ? { state: 'up', value: parse(body) } : { state: 'down' };
  } catch {
    return { state: 'down' }; // which is what the page is to show
  }
}

async function readMetrics(adminUrl: string) {
  try {
    const response = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const text = await response.text();
    return response.ok ? parseExposition(text) : undefined;
  } catch {
    return undefined; // as above
  }
}

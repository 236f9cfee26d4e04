import { askJson, askMetrics } from './ask.ts';
import type { Look } from './flow.ts';
import type { FindSurroundings } from './surroundings.ts';
import { recentOrdersSchema, salesSchema, verdictSchema, type View } from './view.ts';

const ORDERS_SHOWN = 10;

export interface Sources {
  readonly gatewayUrl: string;
  readonly gatewayApiKey: string | undefined;
  readonly auditorUrl: string | undefined;
  readonly findSurroundings: FindSurroundings;
}

/** What one look at every source gave. */
export interface Sighting extends Pick<View, 'verdict' | 'sales' | 'orders' | 'scaling' | 'faults'> {
  readonly look: Look;
}

/** Asks every source once. A source that fails is down in the result; this never rejects. */
export class PlatformSource {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async look(nowMs: () => number): Promise<Sighting> {
    const { gatewayUrl, auditorUrl } = this.#sources;
    const [around, verdict, sales, orders] = await Promise.all([
      this.#lookAround(nowMs),
      auditorUrl === undefined
        ? ({ state: 'absent' } as const)
        : askJson(`${auditorUrl}/verdict`, (body) => verdictSchema.parse(body)),
      askJson(`${gatewayUrl}/analytics/sales?minutes=30&top=5`, (body) => salesSchema.parse(body), this.headers()),
      askJson(`${gatewayUrl}/orders?limit=${ORDERS_SHOWN}`, (body) => recentOrdersSchema.parse(body), this.headers()),
    ]);
    return { ...around, verdict, sales, orders };
  }

  /** Of every request to the gateway. */
  headers(): Record<string, string> {
    const { gatewayApiKey } = this.#sources;
    return gatewayApiKey === undefined ? {} : { authorization: `Bearer ${gatewayApiKey}` };
  }

  async #lookAround(nowMs: () => number): Promise<Pick<Sighting, 'look' | 'scaling' | 'faults'>> {
    const { jobs, processes, scaling, faults } = await this.#sources.findSurroundings();
    const seen = await Promise.all(
      processes.map(async (address) => ({ ...address, exposition: await askMetrics(address.adminUrl) })),
    );
    return { look: { atMs: nowMs(), jobs, processes: seen }, scaling, faults };
  }
}

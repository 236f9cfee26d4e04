import type { Stage } from '../stage/stage.ts';
import type { Strike } from '../strike.ts';

/** What became of a strike that hit. */
export interface StrikeOutcome {
  /** When it was over, Unix milliseconds: recovery is measured from here. */
  readonly endedAtMs: number;
  /** Processes that were killed. */
  readonly kills: number;
}

/** What strikes leave behind for the verdict. */
export class Evidence {
  /** Lines for the journal: orders that clients were told of by a strike and not by the load generator. */
  readonly receiptLines: string[] = [];
  /** Poison messages that Kafka has acknowledged. */
  poisonMessages = 0;
}

export type StrikeOf<Kind extends Strike['kind']> = Extract<Strike, { readonly kind: Kind }>;

export type Executor<Kind extends Strike['kind']> = (
  stage: Stage,
  strike: StrikeOf<Kind>,
  evidence: Evidence,
) => Promise<StrikeOutcome>;

export function endedNow(kills = 0): StrikeOutcome {
  return { endedAtMs: Date.now(), kills };
}

import type { ProgressLog } from '@orderflow/local/progress';
import type { Measurement, Round } from './report.ts';

type Measure = (round: number) => Promise<Measurement>;

export interface Sides {
  readonly ours: Measure;
  /** By the peer's name. */
  readonly peers: Readonly<Record<string, Measure>>;
}

export interface RoundsPlan {
  readonly rounds: number;
  readonly unit: string;
  readonly log: ProgressLog;
  readonly signal: AbortSignal;
}

/**
 * Measures all sides in turn, round by round: what else the machine does at the time then meets them alike. Each round
 * begins with another side, so that none always follows the same one.
 */
export async function measureRounds(plan: RoundsPlan, sides: Sides): Promise<Round[]> {
  const { unit, log, signal } = plan;
  const rounds: Round[] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    const measured = new Map<string, Measurement>();
    for (const [name, measure] of inTurn(Object.entries({ ours: sides.ours, ...sides.peers }), number - 1)) {
      measured.set(name, await measure(number));
      signal.throwIfAborted();
    }
    const { ours, ...peers } = Object.fromEntries(measured);
    if (ours === undefined) throw new Error('ours was not measured');
    rounds.push({ ours, peers });
    const rates = Object.entries(peers).map(
      ([name, peer]) => `${name} ${whole(peer.perSecond)} (${(ours.perSecond / peer.perSecond).toFixed(2)} x)`,
    );
    log.step(`round ${number} of ${plan.rounds}: ours ${whole(ours.perSecond)} ${unit}/s, ${rates.join(', ')}`);
  }
  return rounds;
}

/** The items, beginning at another one for each turn. */
export function inTurn<Item>(items: readonly Item[], turn: number): readonly Item[] {
  const first = turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

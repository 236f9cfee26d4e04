/**
 * What can be wrong.
 * lost: acknowledged or recorded, and gone further down · duplicated: there or counted twice · altered: there, with other
 * content · foreign: there without a cause · misordered: applied in another order than it happened · pending: on its way
 * and not there yet · miscounted: numbers that do not agree.
 */
export type FindingKind = 'lost' | 'duplicated' | 'altered' | 'foreign' | 'misordered' | 'pending' | 'miscounted';

export interface Finding {
  readonly kind: FindingKind;
  /** The id of what is wrong: an orderId, `orderId#sequence` for a state change, a position or a metric's name. */
  readonly subject: string;
  readonly text: string;
}

/** One invariant, judged. */
export interface InvariantResult {
  readonly id: string;
  readonly title: string;
  /** null when there was nothing to judge it by. */
  readonly holds: boolean | null;
  /** How many things were looked at; `explanation` says which. */
  readonly checked: number;
  /** How many findings broke it. */
  readonly broken: number;
  /** The first few findings. */
  readonly examples: readonly Finding[];
  readonly explanation: string;
}

/** Number of things by subject, so that one lost event is counted once however many invariants notice it. */
export type Tally = ReadonlyMap<string, number>;

export interface Judgement {
  readonly result: InvariantResult;
  readonly tallies: ReadonlyMap<FindingKind, Tally>;
}

/** How many findings are written out for each invariant; the rest is only counted. */
export const MAX_EXAMPLES = 5;

export interface Problem {
  readonly kind: FindingKind;
  readonly subject: string;
  /** Called only for the first few, as there may be hundreds of thousands. */
  readonly describe: () => string;
  /** How many things are concerned; 1 by default. */
  readonly amount?: number;
}

/** Collects what one invariant finds wrong. */
export class Findings {
  readonly #examples: Finding[] = [];
  readonly #tallies = new Map<FindingKind, Map<string, number>>();
  #count = 0;

  add({ kind, subject, describe, amount = 1 }: Problem): void {
    this.#count += 1;
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push({ kind, subject, text: describe() });
    const tally = this.#tallies.get(kind) ?? new Map<string, number>();
    this.#tallies.set(kind, tally.set(subject, Math.max(amount, tally.get(subject) ?? 0)));
  }

  get count(): number {
    return this.#count;
  }

  /** `3 lost, 1 altered`; empty when nothing was found. */
  summary(): string {
    return [...this.#tallies].map(([kind, tally]) => `${countText(sumOf(tally))} ${kind}`).join(', ');
  }

  /** The judgement: broken when anything was found. `explanation` follows the summary of what was found. */
  judge(facts: {
    readonly id: string;
    readonly title: string;
    readonly checked: number;
    readonly explanation: string;
    readonly notChecked?: boolean;
  }): Judgement {
    const { id, title, checked, notChecked = false } = facts;
    const holds = this.#count > 0 ? false : notChecked ? null : true;
    const explanation = [this.summary(), facts.explanation].filter((part) => part !== '').join('; ');
    const result = { id, title, holds, checked, broken: this.#count, examples: this.#examples, explanation };
    return { result, tallies: this.#tallies };
  }
}

export function sumOf(tally: Tally): number {
  let sum = 0;
  for (const amount of tally.values()) sum += amount;
  return sum;
}

/** Sum over all judgements of the things of one kind, each subject once. */
export function countKind(judgements: readonly Judgement[], kind: FindingKind): number {
  const merged = new Map<string, number>();
  for (const { tallies } of judgements) {
    for (const [subject, amount] of tallies.get(kind) ?? []) {
      merged.set(subject, Math.max(amount, merged.get(subject) ?? 0));
    }
  }
  return sumOf(merged);
}

const COUNT_FORMAT = new Intl.NumberFormat('en-US');
const MONEY_FORMAT = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** `1,234,567` */
export function countText(count: number): string {
  return COUNT_FORMAT.format(count);
}

/** Cents as `1,234.50`. */
export function moneyText(cents: number): string {
  return Number.isNaN(cents) ? 'an amount that is not whole cents' : MONEY_FORMAT.format(cents / 100);
}

/** `1 order`, `2 orders`. */
export function counted(count: number, noun: string): string {
  const plural = /[^aeo]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

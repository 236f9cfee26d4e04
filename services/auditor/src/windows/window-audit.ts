import type { PoolClient } from '@orderflow/service-kit/postgres';
import type { Finding } from '../findings.ts';
import { compareMinute, compareTotals } from './compare-figures.ts';
import { compareRows, type PendingChange, type RowComparison } from './compare-rows.ts';
import { readMinutes, readSalesTotals, sumEffects, type MinuteFigures } from './effect-windows.ts';
import type { OutboxContents } from './outbox-contents.ts';
import type { LookPlan, WindowMark } from './plan-looks.ts';
import { isSame, SECOND_MS, splitWindow, type EffectSums, type OrderSums, type Window } from './window.ts';
import { WindowReader, type WindowSources } from './window-reader.ts';

/** A finding and how many things it is about. */
export type CountedFinding = Finding & { readonly amount?: number };

/** What a look at a window found. */
export interface WindowLook extends WindowMark {
  readonly sums: OrderSums;
  readonly driftCents: number;
  readonly findings: readonly CountedFinding[];
  readonly pending: readonly PendingChange[];
}

export interface Looks {
  readonly looks: readonly WindowLook[];
  readonly outbox: OutboxContents;
  /** The processor had not read everything that was sent: nothing was judged. */
  readonly isBehind: boolean;
  readonly totals: readonly Finding[];
}

/** An open minute with more orders than this waits until it is closed, or nothing comes any more. */
const OPEN_LIMIT = 1_000;
/** Rows that are compared one by one at a time. */
const ROWS_AT_ONCE = 20_000;

interface LookContext {
  readonly lookedAtMs: number;
  readonly outbox: OutboxContents;
  readonly signal: AbortSignal;
}

interface Compared {
  readonly window: Window;
  readonly orders: OrderSums;
  readonly effects: EffectSums;
}

/**
 * Compares orders with their effects, window by window: minutes by sums and digests, the seconds of a minute that
 * differs, and the rows of a second that differs. What flows makes windows differ, and the rows then say why.
 */
export class WindowAudit {
  readonly #reader: WindowReader;
  readonly #sources: WindowSources;

  constructor(sources: WindowSources) {
    this.#sources = sources;
    this.#reader = new WindowReader(sources);
  }

  /** Looks at the windows of the plan; `isQuiet` says that no order has come for a while. */
  async look({ closed, open }: LookPlan, isQuiet: boolean, signal: AbortSignal): Promise<Looks> {
    // An order that is committed after this moment has a later id, or is found by the next look.
    const lookedAtMs = this.#sources.clock.nowMs();
    const judged = [...closed, ...(isQuiet ? open : await this.#reader.findSmall(open, OPEN_LIMIT))];
    const { sums, outbox } = await this.#reader.readOrderSums(judged);
    const read = async (tx: PoolClient) => ({
      effects: await sumEffects(tx, judged),
      figures: await readMinutes(tx, judged),
      totals: await readSalesTotals(tx),
    });
    const behind = await this.#reader.readBehind(await this.#reader.readEnds(), read, signal);
    if (behind === undefined) return { looks: [], outbox, isBehind: true, totals: [] };
    const { effects, figures, totals } = behind.value;
    const looks: WindowLook[] = [];
    for (const [index, window] of judged.entries()) {
      const minute = { window, orders: sumAt(sums, index), effects: effectsAt(effects, index) };
      looks.push(await this.#lookAt(minute, figures[index], { lookedAtMs, outbox, signal }));
    }
    return { looks, outbox, isBehind: false, totals: compareTotals(totals) };
  }

  async #lookAt(
    minute: Compared,
    figures: MinuteFigures | undefined,
    { lookedAtMs, outbox, signal }: LookContext,
  ): Promise<WindowLook> {
    const { window, orders: sums, effects } = minute;
    if (isSame(sums, effects) && figures !== undefined) {
      const { findings, driftCents } = compareMinute(window, { orders: sums, figures });
      const outcome = findings.length > 0 ? 'broken' : 'proved';
      return { ...window, lookedAtMs, outcome, sums, driftCents, findings, pending: [] };
    }
    const unsettled: WindowLook = {
      ...window,
      lookedAtMs,
      outcome: 'unsettled',
      sums,
      driftCents: 0,
      findings: [],
      pending: [],
    };
    return outbox.isCut || signal.aborted ? unsettled : this.#descend(unsettled, signal);
  }

  /** Looks for the difference. Everything is read anew, since orders may have moved. */
  async #descend(look: WindowLook, signal: AbortSignal): Promise<WindowLook> {
    const minute: Window = { fromMs: look.fromMs, toMs: look.toMs };
    const seconds = await this.#differingSeconds(minute, signal);
    if (seconds === undefined) return look;
    const comparisons: RowComparison[] = [];
    let figures: MinuteFigures | undefined;
    for (const group of groupByRows(seconds.differing)) {
      const read = await this.#reader.readRows(minute, group, signal);
      if (read === undefined) return look;
      comparisons.push(compareRows(read.rows));
      ({ figures } = read);
    }
    const findings = comparisons.flatMap((comparison) => comparison.findings);
    const pending = comparisons.flatMap((comparison) => comparison.pending);
    const [comparison] = comparisons;
    // The figures must be of the moment of the rows, and no order may have come since the seconds were summed up.
    const isExact = comparisons.length === 1 && (await this.#isStill(minute, seconds.total));
    if (figures === undefined || comparison === undefined || !isExact) {
      return { ...look, findings, pending, outcome: findings.length > 0 ? 'broken' : 'unsettled' };
    }
    const counted = compareMinute(minute, { orders: seconds.total, figures }, comparison.missingCreations);
    const all = [...findings, ...counted.findings];
    const outcome = all.length > 0 ? 'broken' : pending.length > 0 ? 'pending' : 'proved';
    return { ...look, sums: seconds.total, findings: all, pending, driftCents: counted.driftCents, outcome };
  }

  async #differingSeconds(
    minute: Window,
    signal: AbortSignal,
  ): Promise<{ readonly differing: Compared[]; readonly total: OrderSums } | undefined> {
    const seconds = splitWindow(minute, SECOND_MS);
    const { sums, outbox } = await this.#reader.readOrderSums([...seconds, minute]);
    if (outbox.isCut) return undefined;
    const read = (tx: PoolClient) => sumEffects(tx, seconds);
    const behind = await this.#reader.readBehind(await this.#reader.readEnds(), read, signal);
    if (behind === undefined) return undefined;
    const compared = seconds.map((window, index) => ({
      window,
      orders: sumAt(sums, index),
      effects: effectsAt(behind.value, index),
    }));
    const differing = compared.filter(({ orders, effects }) => !isSame(orders, effects));
    // With nothing that differs any more the figures are still to be compared: the first second stands for the rows.
    return { differing: differing.length > 0 ? differing : compared.slice(0, 1), total: sumAt(sums, seconds.length) };
  }

  async #isStill(minute: Window, before: OrderSums): Promise<boolean> {
    const { sums } = await this.#reader.readOrderSums([minute]);
    const now = sumAt(sums, 0);
    return now.orders === before.orders && now.revenueCents === before.revenueCents;
  }
}

function groupByRows(seconds: readonly Compared[]): Window[][] {
  const groups: Window[][] = [];
  let rows = Infinity;
  for (const { window, orders, effects } of seconds) {
    const added = Math.max(orders.orders, effects.changes);
    if (rows + added > ROWS_AT_ONCE) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)?.push(window);
    rows += added;
  }
  return groups;
}

/** @throws {RangeError} when the database answered for fewer windows than it was asked about. */
function sumAt(sums: readonly OrderSums[], index: number): OrderSums {
  const found = sums[index];
  if (found === undefined) throw new RangeError('a window of orders has no sums');
  return found;
}

function effectsAt(sums: readonly EffectSums[], index: number): EffectSums {
  const found = sums[index];
  if (found === undefined) throw new RangeError('a window of effects has no sums');
  return found;
}

import type { FindingKind } from '../findings.ts';
import type { PendingReason } from '../windows/outbox-contents.ts';
import type { AuditBook, InvariantFinding } from './audit-book.ts';

/** What the auditor knows beside its book. */
export interface AuditSituation {
  readonly nowMs: number;
  /** When the last whole round ended; undefined before the first. */
  readonly roundEndedMs: number | undefined;
  /** Why nothing can be told now; undefined when the last round went through. */
  readonly obstacle: string | undefined;
  /** Messages of the topic and lines of the journal that have not been compared yet. */
  readonly unreadMessages: number;
  readonly isJournalRead: boolean;
  /** null without a journal. */
  readonly receipts: number | null;
  readonly published: number;
  readonly redelivered: number;
  /** The oldest minute that is audited; undefined while there is no order. */
  readonly firstMs: number | undefined;
  /** Everything that is older is in analytics, or known to be parked, given up or a dead letter. */
  readonly unaccountedSinceMs: number | undefined;
}

/** What an auditor knows that has just been started. */
export const BEFORE_THE_FIRST_ROUND: Omit<AuditSituation, 'nowMs' | 'receipts'> = {
  roundEndedMs: undefined,
  obstacle: undefined,
  unreadMessages: 0,
  isJournalRead: true,
  published: 0,
  redelivered: 0,
  firstMs: undefined,
  unaccountedSinceMs: undefined,
};

/** The answer of `/verdict`. */
export interface Verdict {
  /** proved: every order that can be judged is where it belongs; settling: some cannot be judged yet. */
  readonly verdict: 'proved' | 'broken' | 'settling';
  /** What the verdict waits for; null unless it is settling. */
  readonly waitingFor: string | null;
  readonly at: string;
  /** Every minute before this moment was compared and is proved; null while there is none. */
  readonly provedUpTo: string | null;
  readonly orders: number;
  readonly stateChanges: number;
  readonly published: number;
  readonly redelivered: number;
  readonly receipts: number | null;
  readonly lost: number;
  readonly duplicated: number;
  readonly altered: number;
  readonly foreign: number;
  readonly misordered: number;
  readonly miscounted: number;
  readonly revenueDriftCents: number;
  readonly oldestUnaccountedSeconds: number;
  readonly windows: Readonly<Record<'proved' | 'pending' | 'broken' | 'unsettled', number>>;
  /** State changes that have no effect yet although nothing is wrong, by reason. */
  readonly pending: Readonly<Record<PendingReason, number>>;
  readonly invariants: readonly {
    readonly id: string;
    readonly title: string;
    readonly holds: boolean | null;
    readonly broken: number;
  }[];
  /** At most MAX_FINDINGS of them. */
  readonly findings: readonly Pick<InvariantFinding, 'invariant' | 'kind' | 'subject' | 'text'>[];
}

export const MAX_FINDINGS = 100;

/** Events that are on their way are no reason to doubt, unless one of them has been so for longer. */
const FLOW_AGE_MS = 30_000;

/** What this auditor judges. The others need every receipt at once: `npm run verify`. */
const INVARIANTS = {
  I1: 'what a client was told is in orders, unaltered',
  I2: 'every outbox row is the event of an order',
  I3: 'every event in Kafka is of an order, and says what the order says',
  I4: 'the effect of every state change is exactly once, and the figures equal the orders to the cent',
  I5: 'the events of an order come in sequence and in one partition',
  I6: 'analytics tells the same totals everywhere',
} as const;

/** Judges. Pure: the same book and situation give the same verdict. */
export function judge(book: AuditBook, situation: AuditSituation): Verdict {
  const { nowMs, receipts, published, redelivered, unaccountedSinceMs = nowMs } = situation;
  const counts = book.counts();
  const sum = (kind: FindingKind): number =>
    [...counts.values()].reduce((total, kinds) => total + (kinds.get(kind) ?? 0), 0);
  const findings = [...book.snapshotFindings, ...[...book.windows.values()].flatMap(({ examples }) => examples)];
  findings.push(...book.streamExamples);
  const isBroken = counts.size > 0;
  const waitingFor = isBroken ? null : findReason(book, situation);
  const windows = summarizeWindows(book);
  return {
    verdict: isBroken ? 'broken' : waitingFor === null ? 'proved' : 'settling',
    waitingFor,
    at: new Date(nowMs).toISOString(),
    provedUpTo: isoText(provedUpToMs(book, situation)),
    ...windows,
    published,
    redelivered,
    receipts,
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    altered: sum('altered'),
    foreign: sum('foreign'),
    misordered: sum('misordered'),
    miscounted: sum('miscounted'),
    oldestUnaccountedSeconds: Math.max(0, nowMs - unaccountedSinceMs) / 1_000,
    invariants: Object.entries(INVARIANTS).map(([id, title]) => {
      const broken = [...(counts.get(id)?.values() ?? [])].reduce((total, amount) => total + amount, 0);
      const isJudged = id !== 'I1' || receipts !== null;
      return { id, title, holds: broken > 0 ? false : isJudged ? true : null, broken };
    }),
    findings: findings
      .slice(0, MAX_FINDINGS)
      .map(({ invariant, kind, subject, text }) => ({ invariant, kind, subject, text })),
  };
}

type WindowSummary = Pick<Verdict, 'orders' | 'stateChanges' | 'revenueDriftCents' | 'windows' | 'pending'>;

function summarizeWindows(book: AuditBook): WindowSummary {
  const outcomes = { proved: 0, pending: 0, broken: 0, unsettled: 0 };
  const reasons: Record<PendingReason, number> = { unsent: 0, parked: 0, 'given up': 0, 'dead letter': 0 };
  const sums = { orders: 0, stateChanges: 0, revenueDriftCents: 0 };
  for (const { outcome, pending, orders, changes, driftCents } of book.windows.values()) {
    outcomes[outcome] += 1;
    for (const [reason, amount] of pending) reasons[reason] += amount;
    sums.orders += orders;
    sums.stateChanges += changes;
    sums.revenueDriftCents += driftCents;
  }
  return { ...sums, windows: outcomes, pending: reasons };
}

function findReason(book: AuditBook, situation: AuditSituation): string | null {
  const { obstacle, roundEndedMs, firstMs, unreadMessages, isJournalRead } = situation;
  if (obstacle !== undefined) return obstacle;
  if (roundEndedMs === undefined) return 'the first round';
  if (firstMs === undefined) return 'the first order';
  if (unreadMessages > 0) return 'the rest of the topic to be read';
  if (!isJournalRead) return 'the rest of the receipts to be read';
  const { windows, pending } = summarizeWindows(book);
  if (windows.unsettled > 0) return 'orders that are on their way';
  const waitedMs = situation.nowMs - (situation.unaccountedSinceMs ?? situation.nowMs);
  if (waitedMs > FLOW_AGE_MS) return `events that have been on their way for ${Math.round(waitedMs / 1_000)} s`;
  // What is in the outbox while orders flow is gone in a moment, and other events are there then.
  const reasons = Object.entries(pending).filter(([reason, amount]) => reason !== 'unsent' && amount > 0);
  if (reasons.length > 0) return reasons.map(([reason, amount]) => `${amount} events: ${reason}`).join(', ');
  return windows.proved + windows.pending > 0 ? null : 'the first minute to be compared';
}

/** The end of the last minute up to which there is no gap; a minute that orders still come into counts up to its look. */
export function provedUpToMs(book: AuditBook, { firstMs }: Pick<AuditSituation, 'firstMs'>): number | undefined {
  if (firstMs === undefined) return undefined;
  let upToMs = firstMs;
  for (;;) {
    const record = book.windows.get(upToMs);
    if (record?.outcome !== 'proved') return upToMs === firstMs ? undefined : upToMs;
    if (record.lookedAtMs < record.toMs) return record.lookedAtMs;
    upToMs = record.toMs;
  }
}

function isoText(timestampMs: number | undefined): string | null {
  return timestampMs === undefined ? null : new Date(timestampMs).toISOString();
}

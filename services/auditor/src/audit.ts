import { countKind, type InvariantResult, type Judgement } from './findings.ts';
import { checkAcceptedOrders } from './invariants/accepted-orders.ts';
import { checkApplicationOrder } from './invariants/application-order.ts';
import { checkEffects } from './invariants/effects.ts';
import { checkIdempotency } from './invariants/idempotency.ts';
import { checkMetricsAgreement } from './invariants/metrics-agreement.ts';
import { checkPublication } from './invariants/publication.ts';
import { checkStateChanges } from './invariants/state-changes.ts';
import { buildLedger, type Ledger } from './ledger.ts';
import type { Observations } from './observations.ts';

/** What the audit found; this is also the JSON report. */
export interface AuditReport {
  /** Orders that clients were told of by a 2xx answer; null without a receipts journal. */
  readonly accepted: number | null;
  /** Rows of `orders`. */
  readonly orders: number;
  /** Distinct events in Kafka. */
  readonly published: number;
  /** Distinct events that had their effect in analytics. */
  readonly processed: number;
  /** Acknowledged orders that are gone, and state changes whose event or effect is gone. */
  readonly lost: number;
  /** Orders that exist twice, and effects that were applied twice. */
  readonly duplicated: number;
  /** Orders whose content differs somewhere on the way. */
  readonly altered: number;
  /** State changes that are on their way and had no effect yet. */
  readonly pending: number;
  /** Second and further messages of the same event: at-least-once delivery, without effect. */
  readonly redelivered: number;
  /** Orders in the journal's time that no receipt names; up to the number of unknown outcomes this is fine. */
  readonly unacknowledged: number;
  /** revenue_total of analytics minus the sum of all orders, in cents. */
  readonly revenueDriftCents: number;
  /** Messages that the event processor put aside. */
  readonly deadLetters: number;
  readonly outboxUnsent: number;
  readonly outboxDead: number;
  readonly invariants: readonly InvariantResult[];
  /** proved: all invariants that could be judged hold, and there was something to judge. */
  readonly verdict: 'proved' | 'broken';
}

/** Judges the observations. Pure: the same observations give the same report. */
export function audit(observations: Observations): AuditReport {
  const ledger = buildLedger(observations);
  const judgements = [
    checkAcceptedOrders(ledger),
    checkStateChanges(ledger),
    checkPublication(ledger),
    checkEffects(ledger),
    checkApplicationOrder(ledger),
    checkMetricsAgreement(ledger),
    checkIdempotency(ledger),
  ];
  const invariants = judgements.map(({ result }) => result);
  const isProved = invariants.every(({ holds }) => holds !== false) && observations.orders.orders.length > 0;
  return { ...countThings(ledger, judgements), invariants, verdict: isProved ? 'proved' : 'broken' };
}

function countThings(ledger: Ledger, judgements: readonly Judgement[]): Omit<AuditReport, 'invariants' | 'verdict'> {
  const { receipts, orders, analytics } = ledger.observations;
  const count = { accepted: 0, published: 0, processed: 0, redelivered: 0, revenueCents: 0 };
  for (const record of ledger.records.values()) {
    count.accepted += Math.min(1, record.receipts.length);
    count.published += record.published.length;
    count.processed += new Set(record.applied.map(({ eventId }) => eventId)).size;
    count.redelivered += record.redelivered.length;
    count.revenueCents += record.row?.totalCents ?? 0;
  }
  const { accepted, revenueCents, ...events } = count;
  return {
    accepted: receipts === undefined ? null : accepted,
    orders: orders.orders.length,
    ...events,
    lost: countKind(judgements, 'lost'),
    duplicated: countKind(judgements, 'duplicated'),
    altered: countKind(judgements, 'altered'),
    pending: countKind(judgements, 'pending'),
    unacknowledged: ledger.unacknowledged?.orders.length ?? 0,
    revenueDriftCents: (analytics.view.totals.get('revenue_total') ?? 0) - revenueCents,
    deadLetters: ledger.deadLetters.size,
    outboxUnsent: orders.outbox.length,
    outboxDead: orders.outboxDead.length,
  };
}

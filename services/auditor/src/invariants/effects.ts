import { counted, Findings, type Judgement } from '../findings.ts';
import { COUNTERS, expectedSales } from '../expected-sales.ts';
import { changeName, positionText, type Ledger } from '../ledger.ts';
import type { AppliedEvent, PublishedMessage } from '../observations.ts';
import { compareFigures, namedFigures } from '../sales-comparison.ts';

/** I4: each event had its effect exactly once, and the figures equal those of the orders to the cent. */
export function checkEffects(ledger: Ledger): Judgement {
  const findings = new Findings();
  const { view } = ledger.observations.analytics;
  for (const message of ledger.published.values()) checkApplied(message, ledger, findings);
  checkUnpublished(ledger, findings);
  checkAppliedRows(ledger, findings);
  checkCounters(ledger, findings);
  const expected = namedFigures(expectedSales(ledger.orders.values()));
  const figures = compareFigures({ shown: namedFigures(view), expected, basis: 'the orders come to' }, findings);
  const { deadLetters } = ledger;
  const aside = deadLetters.size === 0 ? '' : `, ${counted(deadLetters.size, 'message')} put aside as dead letters`;
  return findings.judge({
    id: 'I4',
    title: 'the effect in analytics is exactly once, equal to orders to the cent',
    checked: ledger.published.size + figures,
    explanation: `${counted(ledger.applied.size, 'applied event')}, ${counted(figures, 'figure')}${aside}`,
  });
}

/** An event without effect is lost once the processor has gone past it without putting it aside. */
function checkApplied(message: PublishedMessage, ledger: Ledger, findings: Findings): void {
  const { eventId, orderId, sequence } = message.change;
  if (ledger.applied.has(eventId) || !ledger.orders.has(orderId)) return;
  const place = positionText(message);
  const subject = changeName(orderId, sequence);
  if (ledger.deadLetters.has(place)) {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) is a dead letter, not applied`;
    findings.add({ kind: 'pending', subject, describe });
  } else if (message.offset >= (ledger.observations.analytics.nextOffsets.get(message.partition) ?? 0)) {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) has not been read yet`;
    findings.add({ kind: 'pending', subject, describe });
  } else {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) was passed over, never applied`;
    findings.add({ kind: 'lost', subject, describe });
  }
}

function checkUnpublished({ observations, published }: Ledger, findings: Findings): void {
  const { outbox, outboxDead } = observations.orders;
  for (const { eventId, orderId, change } of [...outbox, ...outboxDead]) {
    if (published.has(eventId)) continue;
    const subject = change === undefined ? eventId : changeName(orderId, change.sequence);
    const describe = (): string => `order ${orderId}: event ${eventId} is in the outbox, not published`;
    findings.add({ kind: 'pending', subject, describe });
  }
}

function checkAppliedRows(ledger: Ledger, findings: Findings): void {
  const copies = Map.groupBy(ledger.redelivered, (copy) => copy.change.eventId);
  const eventIdByChange = new Map<string, string>();
  for (const { eventId, orderId, sequence } of ledger.repeatedApplied) {
    const describe = (): string => `order ${orderId}: event ${eventId} was applied more than once`;
    findings.add({ kind: 'duplicated', subject: changeName(orderId, sequence), describe });
  }
  for (const row of ledger.applied.values()) {
    const subject = changeName(row.orderId, row.sequence);
    const rival = eventIdByChange.get(subject);
    eventIdByChange.set(subject, row.eventId);
    if (rival !== undefined) {
      const describe = (): string => `order ${row.orderId}: state change ${row.sequence} was applied under two ids`;
      findings.add({ kind: 'duplicated', subject, describe });
    }
    checkOrigin(row, [ledger.published.get(row.eventId), ...(copies.get(row.eventId) ?? [])], findings);
  }
}

/** An effect must come from a message that lies where the row says, with the same event. */
function checkOrigin(row: AppliedEvent, messages: readonly (PublishedMessage | undefined)[], findings: Findings): void {
  const { eventId, orderId, sequence } = row;
  const change = messages[0]?.change;
  if (change === undefined) {
    const describe = (): string => `order ${orderId}: event ${eventId} was applied and is not in Kafka`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, sequence), describe });
  } else if (change.orderId !== orderId || change.sequence !== sequence || change.eventType !== row.eventType) {
    const describe = (): string => `order ${orderId}: event ${eventId} was applied as another than it is in Kafka`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  } else if (!messages.some((message) => message?.partition === row.partition && message.offset === row.offset)) {
    const describe = (): string =>
      `order ${orderId}: event ${eventId} was not at ${positionText(row)}, where it was read`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, sequence), describe });
  }
}

/** The counters against the rows of the same transactions: a difference is an effect that came twice or not at all. */
function checkCounters(ledger: Ledger, findings: Findings): void {
  const appliedByType = new Map<string, number>();
  for (const { eventType } of ledger.applied.values()) {
    appliedByType.set(eventType, (appliedByType.get(eventType) ?? 0) + 1);
  }
  for (const [eventType, { count }] of Object.entries(COUNTERS)) {
    const excess = (ledger.observations.analytics.view.totals.get(count) ?? 0) - (appliedByType.get(eventType) ?? 0);
    if (excess === 0) continue;
    const amount = Math.abs(excess);
    const describe = (): string =>
      `${counted(amount, eventType)} ${excess > 0 ? 'counted twice' : 'applied and not counted'} in ${count}`;
    findings.add({ kind: excess > 0 ? 'duplicated' : 'lost', subject: count, describe, amount });
  }
}

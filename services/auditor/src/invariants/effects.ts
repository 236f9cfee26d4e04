import { counted, Findings, type Judgement } from '../findings.ts';
import { COUNTERS, expectedSales } from '../expected-sales.ts';
import { changeName, positionText, type Ledger, type OrderRecord } from '../ledger.ts';
import type { AnalyticsContents, AppliedEvent, OrderRow, OutboxRow, PublishedMessage } from '../observations.ts';
import { compareFigures, namedFigures } from '../sales-comparison.ts';

/** I4: each event had its effect exactly once, and the figures equal those of the orders to the cent. */
export function checkEffects(ledger: Ledger): Judgement {
  const findings = new Findings();
  const rows: OrderRow[] = [];
  for (const record of ledger.records.values()) {
    if (record.row !== undefined) rows.push(record.row);
    for (const message of record.published) checkMessage({ message, record, ledger }, findings);
    for (const outboxRow of record.unsent) checkUnsent(outboxRow, record, findings);
    checkAppliedRows(record, findings);
  }
  const { view, applied } = ledger.observations.analytics;
  checkCounters(ledger.observations.analytics, findings);
  const expected = namedFigures(expectedSales(rows));
  const figures = compareFigures({ shown: namedFigures(view), expected, basis: 'the orders come to' }, findings);
  const { deadLetters } = ledger;
  const aside = deadLetters.size === 0 ? '' : `, ${counted(deadLetters.size, 'message')} put aside as dead letters`;
  return findings.judge({
    id: 'I4',
    title: 'the effect in analytics is exactly once, equal to orders to the cent',
    checked: ledger.observations.topic.messages.length + figures,
    explanation: `${counted(applied.length, 'applied event')}, ${counted(figures, 'figure')}${aside}`,
  });
}

interface JudgedMessage {
  readonly message: PublishedMessage;
  readonly record: OrderRecord;
  readonly ledger: Ledger;
}

/** An event without effect is lost once the processor has gone past it without putting it aside. */
function checkMessage({ message, record, ledger }: JudgedMessage, findings: Findings): void {
  const { eventId, orderId, sequence } = message.change;
  if (record.row === undefined || record.applied.some((row) => row.eventId === eventId)) return;
  const { nextOffsets } = ledger.observations.analytics;
  const place = positionText(message);
  const subject = changeName(orderId, sequence);
  if (ledger.deadLetters.has(place)) {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) is a dead letter, not applied`;
    findings.add({ kind: 'pending', subject, describe });
  } else if (message.offset >= (nextOffsets.get(message.partition) ?? 0)) {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) has not been read yet`;
    findings.add({ kind: 'pending', subject, describe });
  } else {
    const describe = (): string => `order ${orderId}: event ${sequence} (${place}) was passed over, never applied`;
    findings.add({ kind: 'lost', subject, describe });
  }
}

function checkUnsent({ eventId, orderId, change }: OutboxRow, { published }: OrderRecord, findings: Findings): void {
  if (published.some((message) => message.change.eventId === eventId)) return;
  const subject = change === undefined ? eventId : changeName(orderId, change.sequence);
  const describe = (): string => `order ${orderId}: event ${eventId} is in the outbox, not published`;
  findings.add({ kind: 'pending', subject, describe });
}

/** Rows of one state change stand side by side. */
function checkAppliedRows({ applied, published, redelivered }: OrderRecord, findings: Findings): void {
  for (const [index, row] of applied.entries()) {
    const { eventId, orderId, sequence } = row;
    const messages = [...published, ...redelivered].filter(({ change }) => change.eventId === eventId);
    checkOrigin(row, messages, findings);
    const before = applied[index - 1];
    if (before?.sequence !== sequence) continue;
    const way = before.eventId === eventId ? 'more than once' : 'under two event ids';
    const describe = (): string => `order ${orderId}: event ${sequence} (${eventId}) was applied ${way}`;
    findings.add({ kind: 'duplicated', subject: changeName(orderId, sequence), describe });
  }
}

/** An effect must come from a message that lies where the row says, with the same event. */
function checkOrigin(row: AppliedEvent, messages: readonly PublishedMessage[], findings: Findings): void {
  const { eventId, orderId, sequence } = row;
  const change = messages[0]?.change;
  if (change === undefined) {
    const describe = (): string => `order ${orderId}: event ${eventId} was applied and is not in Kafka`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, sequence), describe });
  } else if (change.sequence !== sequence || change.eventType !== row.eventType) {
    const describe = (): string => `order ${orderId}: event ${eventId} was applied as another than it is in Kafka`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  } else if (!messages.some((message) => message.partition === row.partition && message.offset === row.offset)) {
    const describe = (): string =>
      `order ${orderId}: event ${eventId} was not at ${positionText(row)}, where it was read`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, sequence), describe });
  }
}

/** The counters against the rows of the same transactions: a difference is an effect that came twice or not at all. */
function checkCounters({ applied, view }: AnalyticsContents, findings: Findings): void {
  const appliedByType = new Map<string, number>();
  for (const { eventType } of applied) appliedByType.set(eventType, (appliedByType.get(eventType) ?? 0) + 1);
  for (const [eventType, { count }] of Object.entries(COUNTERS)) {
    const excess = (view.totals.get(count) ?? 0) - (appliedByType.get(eventType) ?? 0);
    if (excess === 0) continue;
    const amount = Math.abs(excess);
    const describe = (): string =>
      `${counted(amount, eventType)} ${excess > 0 ? 'counted twice' : 'applied and not counted'} in ${count}`;
    findings.add({ kind: excess > 0 ? 'duplicated' : 'lost', subject: count, describe, amount });
  }
}

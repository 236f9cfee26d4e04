import { describeEventDifference, isSameChange } from '../content-differences.ts';
import { counted, Findings, type Judgement } from '../findings.ts';
import { changeName, knownChanges, positionText, type Ledger, type OrderRecord } from '../ledger.ts';
import type { Observations, PublishedMessage } from '../observations.ts';

/** I3: each state change is in Kafka (or still on its way, which is reported), and nothing is there without an order. */
export function checkPublication(ledger: Ledger): Judgement {
  const findings = new Findings();
  for (const record of ledger.records.values()) {
    checkArrival(record, findings);
    for (const message of record.published) checkMessage(message, record, findings);
    for (const copy of record.redelivered) checkCopy(copy, record, findings);
  }
  for (const { position, text } of unreadableMessages(ledger)) {
    findings.add({ kind: 'foreign', subject: position, describe: () => text });
  }
  const { topic } = ledger.observations;
  return findings.judge({
    id: 'I3',
    title: 'every outbox row reached Kafka, nothing is there without its order',
    checked: topic.messages.length + topic.unreadable.length,
    explanation: explain(ledger.observations),
  });
}

/** What is in Kafka and what the outbox still holds; a state change in neither will never come. */
function checkArrival(record: OrderRecord, findings: Findings): void {
  const { orderId, row } = record;
  const changes = knownChanges(record);
  for (let wanted = 1; wanted <= (row?.sequence ?? 0); wanted += 1) {
    if (changes.some((change) => change.sequence === wanted)) continue;
    const describe = (): string => `order ${orderId}: event ${wanted} of ${row?.sequence} never reached Kafka`;
    findings.add({ kind: 'lost', subject: changeName(orderId, wanted), describe });
  }
  for (const [index, { sequence, eventId }] of changes.entries()) {
    const rival = changes[index - 1];
    if (rival?.sequence !== sequence) continue;
    const describe = (): string => `order ${orderId}: event ${sequence} has two ids, ${rival.eventId} and ${eventId}`;
    findings.add({ kind: 'duplicated', subject: changeName(orderId, sequence), describe });
  }
}

function checkMessage(message: PublishedMessage, { orderId, row }: OrderRecord, findings: Findings): void {
  const { change, key } = message;
  const { eventId, sequence } = change;
  if (row === undefined) {
    const describe = (): string =>
      `${positionText(message)}: ${change.eventType} ${eventId} is of order ${orderId}, which is not in orders`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, sequence), describe });
    return;
  }
  const difference = describeEventDifference(change, row);
  if (difference !== undefined) {
    const describe = (): string => `order ${orderId}: event ${sequence} in Kafka says ${difference}`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  }
  if (key !== orderId) {
    const describe = (): string => `order ${orderId}: event ${sequence} has key ${key ?? 'none'}, not the order id`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  }
}

function checkCopy(copy: PublishedMessage, { orderId, published }: OrderRecord, findings: Findings): void {
  const { eventId } = copy.change;
  const first = published.find(({ change }) => change.eventId === eventId);
  if (first === undefined || (isSameChange(first.change, copy.change) && first.key === copy.key)) return;
  const describe = (): string =>
    `order ${orderId}: event ${eventId} differs between ${positionText(first)} and ${positionText(copy)}`;
  findings.add({ kind: 'altered', subject: orderId, describe });
}

/** Messages that are no order events; one that the event processor has put aside did no harm. */
function unreadableMessages(ledger: Ledger): { readonly position: string; readonly text: string }[] {
  return ledger.observations.topic.unreadable
    .map(positionText)
    .filter((position) => !ledger.deadLetters.has(position))
    .map((position) => ({ position, text: `${position}: the message is no order event` }));
}

function explain({ topic, orders }: Observations): string {
  const parts = [counted(topic.messages.length, 'message')];
  if (orders.outbox.length > 0) parts.push(`${counted(orders.outbox.length, 'event')} still in the outbox`);
  if (orders.outboxDead.length > 0)
    parts.push(`${counted(orders.outboxDead.length, 'event')} given up by the publisher`);
  if (topic.unreadable.length > 0) parts.push(`${counted(topic.unreadable.length, 'message')} not an order event`);
  if (topic.expiredMessages > 0) parts.push(`${counted(topic.expiredMessages, 'message')} deleted by retention`);
  return parts.join(', ');
}

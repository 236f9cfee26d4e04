import { describeEventDifference, isSameChange } from '../content-differences.ts';
import { counted, Findings, type Judgement } from '../findings.ts';
import { changeName, positionText, type Ledger } from '../ledger.ts';
import type { PublishedMessage } from '../observations.ts';

/** I3: each state change is in Kafka (or still on its way, which is reported), and nothing is there without an order. */
export function checkPublication(ledger: Ledger): Judgement {
  const findings = new Findings();
  checkArrival(ledger, findings);
  for (const message of ledger.published.values()) checkMessage(message, ledger, findings);
  for (const copy of ledger.redelivered) checkCopy(copy, ledger, findings);
  for (const { position, text } of unreadableMessages(ledger)) {
    findings.add({ kind: 'foreign', subject: position, describe: () => text });
  }
  return findings.judge({
    id: 'I3',
    title: 'every outbox row reached Kafka, nothing is there without its order',
    checked: ledger.observations.topic.messages.length + ledger.observations.topic.unreadable.length,
    explanation: explain(ledger),
  });
}

/** `changes` has what is in Kafka and what the outbox still holds; a state change in neither will never come. */
function checkArrival(ledger: Ledger, findings: Findings): void {
  for (const { orderId, sequence } of ledger.orders.values()) {
    const changes = ledger.changes.get(orderId) ?? [];
    for (let wanted = 1; wanted <= sequence; wanted += 1) {
      if (changes.some((change) => change.sequence === wanted)) continue;
      const describe = (): string => `order ${orderId}: event ${wanted} of ${sequence} never reached Kafka`;
      findings.add({ kind: 'lost', subject: changeName(orderId, wanted), describe });
    }
  }
}

function checkMessage(message: PublishedMessage, ledger: Ledger, findings: Findings): void {
  const { change, key } = message;
  const { orderId, eventId, sequence } = change;
  const row = ledger.orders.get(orderId);
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
  checkSingleEvent(message, ledger, findings);
}

function checkSingleEvent({ change }: PublishedMessage, ledger: Ledger, findings: Findings): void {
  const { orderId, sequence, eventId } = change;
  const rivals = ledger.changes.get(orderId)?.filter((other) => other.sequence === sequence) ?? [];
  const [first] = rivals;
  if (rivals.length < 2 || first?.eventId === eventId) return;
  const describe = (): string => `order ${orderId}: event ${sequence} has two ids, ${first?.eventId} and ${eventId}`;
  findings.add({ kind: 'duplicated', subject: changeName(orderId, sequence), describe, amount: rivals.length - 1 });
}

function checkCopy(copy: PublishedMessage, ledger: Ledger, findings: Findings): void {
  const first = ledger.published.get(copy.change.eventId);
  if (first === undefined || (isSameChange(first.change, copy.change) && first.key === copy.key)) return;
  const { orderId, eventId } = first.change;
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

function explain(ledger: Ledger): string {
  const { topic } = ledger.observations;
  const parts = [`${counted(ledger.published.size, 'event')}, ${counted(ledger.redelivered.length, 'redelivery')}`];
  if (ledger.unsent.size > 0) parts.push(`${counted(ledger.unsent.size, 'event')} still in the outbox`);
  if (ledger.outboxDead.size > 0) parts.push(`${counted(ledger.outboxDead.size, 'event')} given up by the publisher`);
  if (topic.unreadable.length > 0) parts.push(`${counted(topic.unreadable.length, 'message')} not an order event`);
  if (topic.expiredMessages > 0) parts.push(`${counted(topic.expiredMessages, 'message')} deleted by retention`);
  return parts.join(', ');
}

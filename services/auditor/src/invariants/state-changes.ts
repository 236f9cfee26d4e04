import { counted, Findings, type Judgement } from '../findings.ts';
import { changeName, knownChanges, type Ledger, type OrderRecord } from '../ledger.ts';
import type { OrderRow, OutboxRow, StateChange } from '../observations.ts';
import { orderHistory } from '../order-history.ts';

/**
 * I2: each order has exactly the events that its status and sequence call for, and no outbox row is without an order.
 * A sent outbox row is deleted, so its event is looked for in the topic.
 */
export function checkStateChanges(ledger: Ledger): Judgement {
  const findings = new Findings();
  let expected = 0;
  for (const record of ledger.records.values()) {
    expected += record.row?.sequence ?? 0;
    if (record.row !== undefined) checkHistory(record.row, knownChanges(record), findings);
    for (const outboxRow of record.unsent) checkOutboxRow(outboxRow, record, findings);
  }
  return findings.judge({
    id: 'I2',
    title: 'one outbox row per state change, none without an order',
    checked: expected,
    explanation: `${counted(expected, 'state change')} of ${counted(ledger.observations.orders.orders.length, 'order')}`,
  });
}

/** `changes` are sorted by sequence. */
function checkHistory(row: OrderRow, changes: readonly StateChange[], findings: Findings): void {
  const { orderId, status, sequence } = row;
  const history = orderHistory(status, sequence);
  if (history === undefined) {
    const describe = (): string => `order ${orderId} is ${status} after ${counted(sequence, 'state change')}`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  }
  for (let wanted = 1; wanted <= sequence; wanted += 1) {
    const found = changes.filter((change) => change.sequence === wanted);
    const subject = changeName(orderId, wanted);
    const [first] = found;
    if (first === undefined) {
      const describe = (): string => `order ${orderId} has no event for its state change ${wanted} of ${sequence}`;
      findings.add({ kind: 'lost', subject, describe });
    } else if (found.length > 1) {
      const describe = (): string => `order ${orderId} has ${found.length} events for its state change ${wanted}`;
      findings.add({ kind: 'duplicated', subject, describe, amount: found.length - 1 });
    } else if (history !== undefined && first.eventType !== history[wanted - 1]) {
      const describe = (): string => `order ${orderId} is ${status}, but its event ${wanted} is ${first.eventType}`;
      findings.add({ kind: 'altered', subject, describe });
    }
  }
  for (const change of changes) {
    if (change.sequence <= sequence) continue;
    const describe = (): string => `order ${orderId} has ${sequence} state changes and an event ${change.sequence}`;
    findings.add({ kind: 'foreign', subject: changeName(orderId, change.sequence), describe });
  }
}

function checkOutboxRow({ eventId, orderId, change }: OutboxRow, record: OrderRecord, findings: Findings): void {
  if (record.row === undefined) {
    const describe = (): string => `outbox row ${eventId} is of order ${orderId}, which is not in orders`;
    findings.add({ kind: 'foreign', subject: eventId, describe });
  } else if (change === undefined || change.orderId !== orderId || change.eventId !== eventId) {
    const describe = (): string => `outbox row ${eventId} of order ${orderId} has a payload that is not its event`;
    findings.add({ kind: 'altered', subject: eventId, describe });
  }
}

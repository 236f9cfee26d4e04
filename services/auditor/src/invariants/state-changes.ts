import { counted, Findings, type Judgement } from '../findings.ts';
import { changeName, type Ledger } from '../ledger.ts';
import type { OrderRow, OutboxRow, StateChange } from '../observations.ts';
import { orderHistory } from '../order-history.ts';

/**
 * I2: each order has exactly the events that its status and sequence call for, and no outbox row is without an order.
 * A sent outbox row is deleted, so its event is looked for in the topic.
 */
export function checkStateChanges(ledger: Ledger): Judgement {
  const findings = new Findings();
  const { outbox, outboxDead } = ledger.observations.orders;
  let expected = 0;
  for (const row of ledger.orders.values()) {
    expected += row.sequence;
    checkHistory(row, ledger.changes.get(row.orderId) ?? [], findings);
  }
  for (const row of outbox) checkOutboxRow(row, ledger, findings);
  for (const row of outboxDead) checkOutboxRow(row, ledger, findings);
  return findings.judge({
    id: 'I2',
    title: 'one outbox row per state change, none without an order',
    checked: expected,
    explanation: `${counted(expected, 'state change')} of ${counted(ledger.orders.size, 'order')}`,
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

function checkOutboxRow(row: OutboxRow, ledger: Ledger, findings: Findings): void {
  const { eventId, orderId, change } = row;
  if (!ledger.orders.has(orderId)) {
    const describe = (): string => `outbox row ${eventId} is of order ${orderId}, which is not in orders`;
    findings.add({ kind: 'foreign', subject: eventId, describe });
  } else if (change === undefined || change.orderId !== orderId || change.eventId !== eventId) {
    const describe = (): string => `outbox row ${eventId} of order ${orderId} has a payload that is not its event`;
    findings.add({ kind: 'altered', subject: eventId, describe });
  }
}

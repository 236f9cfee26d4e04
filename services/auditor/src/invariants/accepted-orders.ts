import { totalCents } from '@orderflow/contracts/money';
import { describeDifference } from '../content-differences.ts';
import { counted, countText, Findings, moneyText, type Judgement } from '../findings.ts';
import { orderLinesFrom } from '../items-text.ts';
import { changeName, type Ledger } from '../ledger.ts';
import type { OrderReceipt, Receipts } from '../observations.ts';
import { TRANSITION_RESULTS } from '../order-history.ts';
import { findUnacknowledged, type UnacknowledgedOrders } from '../unacknowledged-orders.ts';

/** I1: what clients were told is in `orders`, once and with the same content. Without receipts only totals are judged. */
export function checkAcceptedOrders(ledger: Ledger): Judgement {
  const findings = new Findings();
  const { receipts } = ledger.observations;
  checkRows(ledger, findings);
  if (receipts === undefined) return judge(findings, { checked: ledger.orders.size, explanation: NO_RECEIPTS });
  checkReceipts(ledger, receipts.orders, findings);
  checkTransitions(ledger, receipts, findings);
  const unacknowledged = findUnacknowledged(receipts, ledger.orders);
  checkUnacknowledged(unacknowledged, findings);
  return judge(findings, {
    checked: receipts.orders.length + receipts.transitions.length,
    explanation: explain(receipts, unacknowledged),
  });
}

const NO_RECEIPTS = 'there is no receipts journal, so what clients were told is not known';

function judge(findings: Findings, facts: { readonly checked: number; readonly explanation: string }): Judgement {
  const title = 'every order answered 2xx is in orders exactly once, unaltered';
  return findings.judge({ id: 'I1', title, ...facts, notChecked: facts.explanation === NO_RECEIPTS });
}

function checkRows(ledger: Ledger, findings: Findings): void {
  for (const { orderId } of ledger.repeatedOrders) {
    findings.add({ kind: 'duplicated', subject: orderId, describe: () => `order ${orderId} has more than one row` });
  }
  for (const row of ledger.orders.values()) {
    const lines = orderLinesFrom(row.itemsText);
    const sumCents = lines === undefined ? Number.NaN : totalCents(lines);
    if (sumCents === row.totalCents) continue;
    const describe = (): string =>
      `order ${row.orderId} has total ${moneyText(row.totalCents)}, its items come to ${moneyText(sumCents)}`;
    findings.add({ kind: 'altered', subject: row.orderId, describe });
  }
}

function checkReceipts(ledger: Ledger, receipts: readonly OrderReceipt[], findings: Findings): void {
  const requests = new Map<string, string | undefined>();
  for (const receipt of receipts) {
    const { orderId, idempotencyKey } = receipt;
    const row = ledger.orders.get(orderId);
    const difference = row === undefined ? undefined : describeDifference(receipt, row);
    if (row === undefined) {
      const describe = (): string => `order ${orderId} was answered 2xx and is not in orders`;
      findings.add({ kind: 'lost', subject: orderId, describe });
    } else if (difference !== undefined) {
      const describe = (): string => `order ${orderId} was answered with ${difference}`;
      findings.add({ kind: 'altered', subject: orderId, describe });
    }
    // Only a retry with the same key may be answered with the same order; another request's order is gone.
    if (requests.has(orderId) && (idempotencyKey === undefined || requests.get(orderId) !== idempotencyKey)) {
      const describe = (): string => `order ${orderId} is the answer to two different requests`;
      findings.add({ kind: 'lost', subject: `${orderId} (second request)`, describe });
    }
    requests.set(orderId, idempotencyKey);
  }
}

function checkTransitions(ledger: Ledger, receipts: Receipts, findings: Findings): void {
  for (const { orderId, transition, status } of receipts.transitions) {
    const expected = TRANSITION_RESULTS[transition];
    const row = ledger.orders.get(orderId);
    if (status !== expected.status) {
      const describe = (): string => `order ${orderId} was told ${status} after its ${transition}`;
      findings.add({ kind: 'altered', subject: orderId, describe });
    }
    if (row === undefined) {
      const describe = (): string => `order ${orderId} was told ${status} and is not in orders`;
      findings.add({ kind: 'lost', subject: orderId, describe });
    } else if (!hasEvent(ledger, orderId, expected.eventType)) {
      const describe = (): string => `order ${orderId} was told ${status}, and no ${expected.eventType} tells of it`;
      findings.add({ kind: 'lost', subject: transitionSubject(row.sequence, orderId, transition), describe });
    }
  }
}

/** The state change itself where its sequence is certain, so that I2 and I3 name the same loss by the same name. */
function transitionSubject(orderSequence: number, orderId: string, transition: string): string {
  const sequence = transition === 'shipment' ? 3 : transition === 'payment' ? 2 : orderSequence;
  return changeName(orderId, sequence);
}

function hasEvent(ledger: Ledger, orderId: string, eventType: string): boolean {
  return ledger.changes.get(orderId)?.some((change) => change.eventType === eventType) ?? false;
}

function checkUnacknowledged({ unexplained, twins }: UnacknowledgedOrders, findings: Findings): void {
  for (const { orderId } of unexplained) {
    const twin = twins.get(orderId);
    const describe = (): string =>
      twin === undefined
        ? `order ${orderId} is in orders and nobody was told of it`
        : `order ${orderId} is in orders, nobody was told of it, and it has the content of ${twin}`;
    findings.add({ kind: twin === undefined ? 'foreign' : 'duplicated', subject: orderId, describe });
  }
}

function explain(receipts: Receipts, { orders, allowed, outsideJournal }: UnacknowledgedOrders): string {
  const parts = [
    `${counted(receipts.orders.length, 'receipt')} and ${counted(receipts.transitions.length, 'transition')}`,
  ];
  if (orders.length > 0 || allowed > 0) {
    parts.push(`${countText(orders.length)} unacknowledged of ${counted(allowed, 'request')} with unknown outcome`);
  }
  if (outsideJournal > 0) parts.push(`${counted(outsideJournal, 'order')} outside the journal's time not judged`);
  return parts.join(', ');
}

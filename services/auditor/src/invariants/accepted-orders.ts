import type { EventType } from '@orderflow/contracts/events';
import { totalCents as sumOfLines } from '@orderflow/contracts/money';
import type { Transition } from '@orderflow/contracts/order';
import { describeDifference } from '../content-differences.ts';
import { counted, countText, Findings, moneyText, type Judgement } from '../findings.ts';
import { orderLinesFrom } from '../items-text.ts';
import { changeName, type Ledger, type OrderRecord } from '../ledger.ts';
import type { OrderRow, Receipts, TransitionReceipt } from '../observations.ts';
import { TRANSITION_RESULTS } from '../order-history.ts';
import type { UnacknowledgedOrders } from '../unacknowledged-orders.ts';

/** I1: what clients were told is in `orders`, once and with the same content. Without receipts only totals are judged. */
export function checkAcceptedOrders(ledger: Ledger): Judgement {
  const findings = new Findings();
  const { unacknowledged, observations } = ledger;
  const { receipts } = observations;
  for (const { orderId } of ledger.repeatedOrders) {
    findings.add({ kind: 'duplicated', subject: orderId, describe: () => `order ${orderId} has more than one row` });
  }
  for (const record of ledger.records.values()) {
    if (record.row !== undefined) checkTotal(record.row, findings);
    checkReceipts(record, findings);
  }
  if (receipts === undefined || unacknowledged === undefined) {
    return judge(findings, { checked: observations.orders.orders.length, explanation: NO_RECEIPTS });
  }
  for (const receipt of receipts.transitions) checkTransition(receipt, ledger, findings);
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

function checkTotal({ orderId, itemsText, totalCents }: OrderRow, findings: Findings): void {
  const lines = orderLinesFrom(itemsText);
  const sumCents = lines === undefined ? Number.NaN : sumOfLines(lines);
  if (sumCents === totalCents) return;
  const describe = (): string =>
    `order ${orderId} has total ${moneyText(totalCents)}, its items come to ${moneyText(sumCents)}`;
  findings.add({ kind: 'altered', subject: orderId, describe });
}

function checkReceipts({ orderId, row, receipts }: OrderRecord, findings: Findings): void {
  for (const receipt of receipts) {
    const difference = row === undefined ? undefined : describeDifference(receipt, row);
    if (row === undefined) {
      const describe = (): string => `order ${orderId} was answered 2xx and is not in orders`;
      findings.add({ kind: 'lost', subject: orderId, describe });
    } else if (difference !== undefined) {
      const describe = (): string => `order ${orderId} was answered with ${difference}`;
      findings.add({ kind: 'altered', subject: orderId, describe });
    }
  }
  // Only a retry with the same key may be answered with the same order; another request's order is gone.
  for (const { idempotencyKey } of receipts.slice(1)) {
    if (idempotencyKey !== undefined && idempotencyKey === receipts[0]?.idempotencyKey) continue;
    const describe = (): string => `order ${orderId} is the answer to two different requests`;
    findings.add({ kind: 'lost', subject: `${orderId} (second request)`, describe });
  }
}

function checkTransition(receipt: TransitionReceipt, { records }: Ledger, findings: Findings): void {
  const { orderId, transition, status } = receipt;
  const expected = TRANSITION_RESULTS[transition];
  const record = records.get(orderId);
  if (status !== expected.status) {
    const describe = (): string => `order ${orderId} was told ${status} after its ${transition}`;
    findings.add({ kind: 'altered', subject: orderId, describe });
  }
  if (record?.row === undefined) {
    const describe = (): string => `order ${orderId} was told ${status} and is not in orders`;
    findings.add({ kind: 'lost', subject: orderId, describe });
  } else if (!hasEvent(record, expected.eventType)) {
    const describe = (): string => `order ${orderId} was told ${status}, and no ${expected.eventType} tells of it`;
    findings.add({ kind: 'lost', subject: transitionSubject(record.row, transition), describe });
  }
}

/** The state change itself, so that I2 and I3 name the same loss by the same name. */
function transitionSubject({ orderId, sequence }: OrderRow, transition: Transition): string {
  const usualSequence = { payment: 2, shipment: 3, cancellation: sequence } as const;
  return changeName(orderId, usualSequence[transition]);
}

function hasEvent({ published, unsent }: OrderRecord, eventType: EventType): boolean {
  return (
    published.some(({ change }) => change.eventType === eventType) ||
    unsent.some(({ change }) => change?.eventType === eventType)
  );
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

import type { OrderRow, StateChange } from '../observations.ts';
import type { CountedFinding } from '../windows/window-audit.ts';
import { totalCents as sumOfLines } from '@orderflow/contracts/money';
import { describeDifference, describeEventDifference } from '../content-differences.ts';
import { moneyText } from '../findings.ts';
import { orderLinesFrom } from '../items-text.ts';
import { changeName, positionText } from '../ledger.ts';
import type { OrderReceipt, PublishedMessage, TransitionReceipt } from '../observations.ts';
import { orderHistory, TRANSITION_RESULTS } from '../order-history.ts';

/** What a finding of the stream breaks. */
export type StreamFinding = CountedFinding & { readonly invariant: 'I1' | 'I3' | 'I5' };

/** What somebody says of an order, in the form in which the database can compare it with the row. */
export interface Claim {
  readonly orderId: string;
  readonly customerId: string;
  readonly totalCents: number;
  /** Only of a creation. */
  readonly createdAtMs: number | undefined;
  readonly itemsText: string | undefined;
  /** The state change it is about: 1 is the creation. */
  readonly sequence: number;
  readonly eventType: string;
}

/** The claim of an event. */
export function claimOfEvent(change: StateChange): Claim {
  const isCreation = change.eventType === 'ORDER_CREATED';
  const { orderId, customerId, totalCents, sequence, eventType } = change;
  const createdAtMs = isCreation ? change.timestampMs : undefined;
  return { orderId, customerId, totalCents, sequence, eventType, createdAtMs, itemsText: change.itemsText };
}

/** The claim of an answer to POST /orders. */
export function claimOfReceipt({ orderId, customerId, totalCents, createdAtMs, itemsText }: OrderReceipt): Claim {
  return { orderId, customerId, totalCents, createdAtMs, itemsText, sequence: 1, eventType: 'ORDER_CREATED' };
}

/**
 * Judges a message by the row of its order, which was read after the message: an order is committed before its events
 * are sent. `row` is undefined when there is none.
 */
export function judgeMessage(message: PublishedMessage, row: OrderRow | undefined): StreamFinding[] {
  const { change, key } = message;
  const { orderId, sequence, eventType } = change;
  const findings: StreamFinding[] = [];
  const subject = changeName(orderId, sequence);
  const add = (kind: StreamFinding['kind'], text: string): void => {
    findings.push({ invariant: 'I3', kind, subject, text: `${positionText(message)}: ${text}` });
  };
  if (row === undefined) {
    add('foreign', `${eventType} ${change.eventId} is of order ${orderId}, which is not in orders`);
    return findings;
  }
  const expectedType = orderHistory(row.status, row.sequence)?.[sequence - 1];
  if (sequence > row.sequence) {
    add('foreign', `event ${sequence} of order ${orderId}, which has had ${row.sequence} state changes`);
  } else if (expectedType !== undefined && expectedType !== eventType) {
    add('altered', `event ${sequence} of order ${orderId} is ${eventType}, the order has had ${expectedType}`);
  }
  const difference = describeEventDifference(change, row);
  if (difference !== undefined) add('altered', `event ${sequence} of order ${orderId} says ${difference}`);
  if (key !== orderId) add('altered', `event ${sequence} of order ${orderId} has another key`);
  return findings;
}

/** Whether the total of a claim is what its items come to; true without items. */
export function isTotalRight({ itemsText, totalCents }: Pick<Claim, 'itemsText' | 'totalCents'>): boolean {
  const lines = itemsText === undefined ? undefined : orderLinesFrom(itemsText);
  return lines === undefined || sumOfLines(lines) === totalCents;
}

/** Judges what a client was told by the row of its order, which was read after the answer. */
export function judgeReceipt(receipt: OrderReceipt, row: OrderRow | undefined): StreamFinding[] {
  const { orderId, totalCents } = receipt;
  const finding = (kind: StreamFinding['kind'], text: string): StreamFinding[] => [
    { invariant: 'I1', kind, subject: orderId, text: `order ${orderId} was answered ${text}` },
  ];
  if (row === undefined) return finding('lost', '2xx and is not in orders');
  const difference = describeDifference(receipt, row);
  if (difference !== undefined) return finding('altered', `with ${difference}`);
  if (isTotalRight(receipt)) return [];
  return finding('altered', `with total ${moneyText(totalCents)}, which its items do not come to`);
}

/** Judges the answer to a transition by the row of its order. */
export function judgeTransition(
  { orderId, transition, status }: TransitionReceipt,
  row: Pick<OrderRow, 'status' | 'sequence'> | undefined,
): StreamFinding[] {
  const { eventType } = TRANSITION_RESULTS[transition];
  if (row !== undefined && orderHistory(row.status, row.sequence)?.includes(eventType) === true) return [];
  const text = `order ${orderId} was told ${status}, and no ${eventType} came of it`;
  return [{ invariant: 'I1', kind: 'lost', subject: orderId, text }];
}

import type {
  AppliedEvent,
  Observations,
  OrderReceipt,
  OrderRow,
  OutboxRow,
  Position,
  PublishedMessage,
  StateChange,
} from './observations.ts';
import { findUnacknowledged, type UnacknowledgedOrders } from './unacknowledged-orders.ts';

/** Everything that is known of one order, from all sources. Events are sorted by sequence. */
export interface OrderRecord {
  readonly orderId: string;
  /** undefined when `orders` has no such row. */
  readonly row: OrderRow | undefined;
  /** More than one after an idempotent retry. */
  readonly receipts: readonly OrderReceipt[];
  /** The first message of each event. */
  readonly published: readonly PublishedMessage[];
  /** Further messages of the same events: at-least-once delivery makes some. */
  readonly redelivered: readonly PublishedMessage[];
  /** Events that wait in the outbox or were given up by the publisher. */
  readonly unsent: readonly OutboxRow[];
  readonly applied: readonly AppliedEvent[];
}

/** The observations joined by order. Built once; every invariant reads it and none changes it. */
export interface Ledger {
  readonly observations: Observations;
  /** By orderId, whichever source names it. */
  readonly records: ReadonlyMap<string, OrderRecord>;
  /** Rows whose order_id another row has already. */
  readonly repeatedOrders: readonly OrderRow[];
  /** Positions, as `positionText`, that the event processor put aside. */
  readonly deadLetters: ReadonlySet<string>;
  /** undefined without receipts. */
  readonly unacknowledged: UnacknowledgedOrders | undefined;
}

/** `partition 3 offset 17`: how a position is named in reports and looked up. */
export function positionText({ partition, offset }: Position): string {
  return `partition ${partition} offset ${offset}`;
}

/** `orderId#2`: how a state change is named. */
export function changeName(orderId: string, sequence: number): string {
  return `${orderId}#${sequence}`;
}

/** The events of an order that are in Kafka or may still come there, each once, by sequence. */
export function knownChanges({ published, unsent }: OrderRecord): readonly StateChange[] {
  const changes = published.map(({ change }) => change);
  for (const { change } of unsent) {
    if (change === undefined || changes.some(({ eventId }) => eventId === change.eventId)) continue;
    changes.push(change);
  }
  return changes.length > 1 ? changes.toSorted((a, b) => a.sequence - b.sequence) : changes;
}

export function buildLedger(observations: Observations): Ledger {
  const { receipts, orders, topic, analytics } = observations;
  const drafts = new Drafts();
  const repeatedOrders: OrderRow[] = [];
  for (const row of orders.orders) {
    const draft = drafts.of(row.orderId);
    if (draft.row === undefined) draft.row = row;
    else repeatedOrders.push(row);
  }
  for (const receipt of receipts?.orders ?? []) drafts.of(receipt.orderId).addReceipt(receipt);
  for (const message of topic.messages) drafts.of(message.change.orderId).addMessage(message);
  for (const row of [...orders.outbox, ...orders.outboxDead]) drafts.of(row.orderId).addUnsent(row);
  for (const event of analytics.applied) drafts.of(event.orderId).addApplied(event);
  for (const draft of drafts.byId.values()) draft.sort();
  return {
    observations,
    records: drafts.byId,
    repeatedOrders,
    deadLetters: new Set(analytics.deadLetters.map(positionText)),
    unacknowledged: receipts === undefined ? undefined : findUnacknowledged(receipts, drafts.byId),
  };
}

class Drafts {
  readonly byId = new Map<string, RecordDraft>();

  of(orderId: string): RecordDraft {
    const known = this.byId.get(orderId);
    if (known !== undefined) return known;
    const draft = new RecordDraft(orderId);
    this.byId.set(orderId, draft);
    return draft;
  }
}

/** Shared by all empty lists, of which there are many. */
const NOTHING: readonly never[] = [];

class RecordDraft implements OrderRecord {
  readonly orderId: string;
  row: OrderRow | undefined = undefined;
  receipts: readonly OrderReceipt[] = NOTHING;
  published: readonly PublishedMessage[] = NOTHING;
  redelivered: readonly PublishedMessage[] = NOTHING;
  unsent: readonly OutboxRow[] = NOTHING;
  applied: readonly AppliedEvent[] = NOTHING;

  constructor(orderId: string) {
    this.orderId = orderId;
  }

  // Lists are copied to grow: they are short, and push would reserve room for 16 more in each of them.

  addReceipt(receipt: OrderReceipt): void {
    this.receipts = [...this.receipts, receipt];
  }

  addMessage(message: PublishedMessage): void {
    const isKnown = this.published.some(({ change }) => change.eventId === message.change.eventId);
    if (isKnown) this.redelivered = [...this.redelivered, message];
    else this.published = [...this.published, message];
  }

  addUnsent(row: OutboxRow): void {
    this.unsent = [...this.unsent, row];
  }

  addApplied(event: AppliedEvent): void {
    this.applied = [...this.applied, event];
  }

  /** Nearly all lists are in order as they come. */
  sort(): void {
    if (!isSorted(this.published, ({ change }) => change.sequence)) {
      this.published = this.published.toSorted((a, b) => a.change.sequence - b.change.sequence);
    }
    if (!isSorted(this.applied, ({ sequence }) => sequence)) {
      this.applied = this.applied.toSorted((a, b) => a.sequence - b.sequence);
    }
  }
}

function isSorted<T>(list: readonly T[], rankOf: (thing: T) => number): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const thing of list) {
    const rank = rankOf(thing);
    if (rank < last) return false;
    last = rank;
  }
  return true;
}

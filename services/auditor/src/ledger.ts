import type { AppliedEvent, Observations, OrderRow, Position, PublishedMessage, StateChange } from './observations.ts';

/**
 * The observations joined by id. Built once; every invariant reads it and none changes it.
 */
export interface Ledger {
  readonly observations: Observations;
  readonly orders: ReadonlyMap<string, OrderRow>;
  /** Rows whose order_id another row has already. */
  readonly repeatedOrders: readonly OrderRow[];
  /** The first message of each event, by eventId. */
  readonly published: ReadonlyMap<string, PublishedMessage>;
  /** Further messages of the same event: at-least-once delivery makes some. */
  readonly redelivered: readonly PublishedMessage[];
  /** Events known from anywhere (topic, outbox, dead outbox rows) by their orderId, each eventId once, by sequence. */
  readonly changes: ReadonlyMap<string, readonly StateChange[]>;
  /** eventIds that wait in the outbox. */
  readonly unsent: ReadonlySet<string>;
  /** eventIds that the publisher gave up. */
  readonly outboxDead: ReadonlySet<string>;
  /** By eventId: the first row of `processed_events`. */
  readonly applied: ReadonlyMap<string, AppliedEvent>;
  /** Rows of `processed_events` whose event_id another row has already. */
  readonly repeatedApplied: readonly AppliedEvent[];
  /** Positions, as `positionText`, that the event processor put aside. */
  readonly deadLetters: ReadonlySet<string>;
}

/** `partition 3 offset 17`: how a position is named in reports and looked up. */
export function positionText({ partition, offset }: Position): string {
  return `partition ${partition} offset ${offset}`;
}

/** `orderId#2`: how a state change is named. */
export function changeName(orderId: string, sequence: number): string {
  return `${orderId}#${sequence}`;
}

export function buildLedger(observations: Observations): Ledger {
  const { orders, topic, analytics } = observations;
  const [rowsById, repeatedOrders] = firstById(orders.orders, (row) => row.orderId);
  const [published, redelivered] = firstById(topic.messages, (message) => message.change.eventId);
  const [applied, repeatedApplied] = firstById(analytics.applied, (event) => event.eventId);
  return {
    observations,
    orders: rowsById,
    repeatedOrders,
    published,
    redelivered,
    changes: collectChanges(observations, published),
    unsent: new Set(orders.outbox.map((row) => row.eventId)),
    outboxDead: new Set(orders.outboxDead.map((row) => row.eventId)),
    applied,
    repeatedApplied,
    deadLetters: new Set(analytics.deadLetters.map(positionText)),
  };
}

function firstById<T>(things: readonly T[], idOf: (thing: T) => string): [Map<string, T>, T[]] {
  const first = new Map<string, T>();
  const repeated: T[] = [];
  for (const thing of things) {
    const id = idOf(thing);
    if (first.has(id)) repeated.push(thing);
    else first.set(id, thing);
  }
  return [first, repeated];
}

function collectChanges(
  { orders }: Observations,
  published: ReadonlyMap<string, PublishedMessage>,
): Map<string, StateChange[]> {
  const changes = new Map<string, StateChange[]>();
  const add = (change: StateChange): void => {
    const known = changes.get(change.orderId);
    if (known === undefined) changes.set(change.orderId, [change]);
    else known.push(change);
  };
  for (const message of published.values()) add(message.change);
  const unpublished = new Set<string>();
  for (const { change } of [...orders.outbox, ...orders.outboxDead]) {
    if (change === undefined || published.has(change.eventId) || unpublished.has(change.eventId)) continue;
    unpublished.add(change.eventId);
    add(change);
  }
  for (const list of changes.values()) if (list.length > 1) list.sort((a, b) => a.sequence - b.sequence);
  return changes;
}

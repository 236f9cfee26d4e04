import { firstIdAt } from '@orderflow/contracts/ids';
import { exampleWorld, WORLD_STARTED_MS, type World } from './world.ts';

/**
 * The example world as if it had happened from `startMs` on (a whole minute), with ids that are made of their time as
 * real ones are. In one partition.
 */
export function liveWorld(startMs: number): World {
  const world = exampleWorld(1);
  const shiftMs = startMs - WORLD_STARTED_MS;
  const { receipts, orders, topic, analytics } = world;
  receipts.startedAtMs = startMs;
  receipts.endedAtMs = (receipts.endedAtMs ?? 0) + shiftMs;
  const orderIds = new Map<string, string>();
  for (const row of orders.orders) {
    row.createdAtMs += shiftMs;
    orderIds.set(row.orderId, idOf(row.createdAtMs, row.orderId));
  }
  const eventIds = new Map<string, string>();
  for (const { change } of topic.messages) {
    change.timestampMs += shiftMs;
    eventIds.set(change.eventId, idOf(change.timestampMs, change.eventId));
  }
  for (const receipt of receipts.orders) receipt.createdAtMs += shiftMs;
  renameIds({ world, orderIds, eventIds });
  for (const figures of [analytics.tables, analytics.view]) figures.minutes = shiftMinutes(figures.minutes, shiftMs);
  return world;
}

function idOf(timestampMs: number, id: string): string {
  return firstIdAt(timestampMs).slice(0, 19) + id.slice(19);
}

function renameIds({
  world: { receipts, orders, topic, analytics },
  orderIds,
  eventIds,
}: {
  readonly world: World;
  readonly orderIds: ReadonlyMap<string, string>;
  readonly eventIds: ReadonlyMap<string, string>;
}): void {
  const order = (id: string): string => orderIds.get(id) ?? id;
  const event = (id: string): string => eventIds.get(id) ?? id;
  for (const thing of [...receipts.orders, ...receipts.transitions, ...orders.orders])
    thing.orderId = order(thing.orderId);
  for (const [key, id] of orders.idempotencyKeys) orders.idempotencyKeys.set(key, order(id));
  for (const message of topic.messages) {
    message.key = order(message.key ?? '');
    message.change.orderId = order(message.change.orderId);
    message.change.eventId = event(message.change.eventId);
  }
  for (const applied of analytics.applied) {
    applied.orderId = order(applied.orderId);
    applied.eventId = event(applied.eventId);
  }
}

function shiftMinutes<Sales>(minutes: ReadonlyMap<string, Sales>, shiftMs: number): Map<string, Sales> {
  return new Map(
    [...minutes].map(([minute, sales]) => {
      const shifted = new Date(Date.parse(minute) + shiftMs).toISOString().slice(0, minute.length - 1);
      return [`${shifted}Z`, sales];
    }),
  );
}

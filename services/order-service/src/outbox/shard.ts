/**
 * Into how many shards the outbox is split, the unit in which publishers share the work. Fixed by the migration that
 * fills `outbox_shard`, and independent of Kafka's partitions, so that the topic may grow.
 */
export const OUTBOX_SHARDS = 16;

/** The shard of an order's events: the random tail of its UUIDv7, so that all events of one order share a shard. */
export function shardOf(orderId: string): number {
  return Number.parseInt(orderId.slice(-4), 16) % OUTBOX_SHARDS;
}

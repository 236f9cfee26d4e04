import type { DeadDelivery, EventDelivery, PreparedDelivery } from './prepared-delivery.ts';

/** How far a partition will have been applied. */
export interface PartitionProgress {
  readonly partition: number;
  readonly nextOffset: bigint;
}

/** What one transaction has to write. */
export interface BatchPlan {
  /** Sorted by partition, the order in which every transaction locks. */
  readonly progress: readonly PartitionProgress[];
  /**
   * The share of each counter that this transaction touches: its lowest partition. Partitions are locked first, so no
   * two transactions in the same slot run at the same time and no counter is ever waited for.
   */
  readonly slot: number;
  /** Each event once. */
  readonly events: readonly EventDelivery[];
  /** Deliveries of an event that stands in the same batch already. */
  readonly repeated: number;
  readonly dead: readonly DeadDelivery[];
}

/** Sorts a batch into what has to be written. Deliveries of one partition are in the order of their offsets. */
export function planBatch(deliveries: readonly PreparedDelivery[]): BatchPlan {
  const nextOffsets = new Map<number, bigint>();
  const events = new Map<string, EventDelivery>();
  const dead: DeadDelivery[] = [];
  let repeated = 0;
  for (const delivery of deliveries) {
    nextOffsets.set(delivery.partition, delivery.message.offset + 1n);
    if (delivery.kind === 'dead') dead.push(delivery);
    else if (events.has(delivery.event.eventId)) repeated += 1;
    else events.set(delivery.event.eventId, delivery);
  }
  const progress = [...nextOffsets]
    .map(([partition, nextOffset]) => ({ partition, nextOffset }))
    .toSorted((a, b) => a.partition - b.partition);
  return { progress, slot: progress[0]?.partition ?? 0, events: [...events.values()], repeated, dead };
}

import type { BatchOutcome, BatchTransaction, RunTransaction } from '@orderflow/event-processor/apply/apply-batch';
import type { BatchPlan } from '@orderflow/event-processor/apply/plan-batch';
import type { EventDelivery } from '@orderflow/event-processor/apply/prepared-delivery';
import { OUTBOX_SHARDS } from '@orderflow/order-service/outbox/shard';
import type { OutboxStore } from '@orderflow/order-service/outbox/publisher';
import type { LeaseStore } from '@orderflow/order-service/outbox/shard-leases';
import { KafkaSendError, type BatchConsumer, type EventProducer } from '@orderflow/service-kit/kafka/port';
import type { InvariantId } from './invariants.ts';
import type { SimulatedProcess } from './scheduler.ts';
import type { World } from './world.ts';

/** Stand-ins that put a bug between the real cores and their ports. What is left out stays as it is. */
export interface Mutation {
  outbox?(store: OutboxStore, process: SimulatedProcess): OutboxStore;
  leases?(store: LeaseStore): LeaseStore;
  producer?(producer: EventProducer): EventProducer;
  ownedShards?(): readonly number[];
  consumer?(consumer: BatchConsumer): BatchConsumer;
  transactions?(run: RunTransaction, world: World): RunTransaction;
  applyPlan?(apply: ApplyPlan): ApplyPlan;
}
type ApplyPlan = (plan: BatchPlan) => Promise<BatchOutcome>;

/** A bug that others have had in production, and which guarantee it breaks. */
export interface Mutant {
  readonly name: string;
  readonly breaks: InvariantId;
  /** The bug in one world; what it remembers is that world's. */
  mutate(world: World): Mutation;
}

/** No bug. */
export const GENUINE: Pick<Mutant, 'mutate'> = { mutate: () => ({}) };

const allShards = (): readonly number[] => Array.from({ length: OUTBOX_SHARDS }, (_, shard) => shard);

/** Changes what a transaction claims. */
function claiming(claim: (tx: BatchTransaction) => BatchTransaction['claimEvents']): Mutation {
  return { transactions: (run) => (work) => run((tx) => work({ ...tx, claimEvents: claim(tx) })) };
}

function withEventId(delivery: EventDelivery, eventId: string): EventDelivery {
  return { ...delivery, event: { ...delivery.event, eventId } };
}

const ACK_NOT_AWAITED: Mutant = {
  name: 'a row is deleted without waiting for the acknowledgement',
  breaks: 'I3',
  mutate: () => ({
    producer: (producer) => ({
      sendBatch: (topic, messages) => {
        producer.sendBatch(topic, messages).catch(() => undefined);
        return Promise.resolve();
      },
    }),
  }),
};

const GIVEN_UP_IN_SILENCE: Mutant = {
  name: 'a row is not tried again after five tries, and nobody is told',
  breaks: 'I9',
  mutate: () => {
    const tries = new Map<number, number>();
    return {
      outbox: (store) => ({
        ...store,
        readUnsent: async (shards, limit) => {
          const rows = await store.readUnsent(shards, limit);
          for (const { id } of rows) tries.set(id, (tries.get(id) ?? 0) + 1);
          return rows.filter(({ id }) => (tries.get(id) ?? 0) <= 5);
        },
      }),
    };
  },
};

const OUTAGE_COUNTED: Mutant = {
  name: 'an outage counts as an attempt of the row',
  breaks: 'I3',
  mutate: () => ({
    producer: (producer) => ({
      sendBatch: async (topic, messages) => {
        try {
          await producer.sendBatch(topic, messages);
        } catch (error: unknown) {
          throw new KafkaSendError('rejected', error);
        }
      },
    }),
  }),
};

const THREE_TRANSACTIONS: Mutant = {
  name: 'check, process and mark are three transactions',
  breaks: 'I4',
  mutate: ({ analytics }) => ({
    transactions: (run) => async (work) => {
      let mark: Parameters<BatchTransaction['claimEvents']>[0] | undefined;
      const result = await work({
        claimEvents: async (batch) => {
          mark = batch;
          return new Set(
            batch.events.flatMap(({ event }) => (analytics.processed.has(event.eventId) ? [event.eventId] : [])),
          );
        },
        addSales: (slot, increments) => run((tx) => tx.addSales(slot, increments)),
        recordDeadLetters: (dead) => run((tx) => tx.recordDeadLetters(dead)),
      });
      const marked = mark;
      if (marked !== undefined) await run((tx) => tx.claimEvents(marked));
      return result;
    },
  }),
};

const DEDUPED_BY_ORDER: Mutant = {
  name: 'duplicates are told by the order id',
  breaks: 'I4',
  mutate: () =>
    claiming((tx) => async (batch) => {
      const firsts = new Map(batch.events.toReversed().map((delivery) => [delivery.event.orderId, delivery]));
      const events = [...firsts].map(([orderId, delivery]) => withEventId(delivery, orderId));
      const known = await tx.claimEvents({ ...batch, events });
      const fresh = new Set([...firsts].flatMap(([orderId, { event }]) => (known.has(orderId) ? [] : [event.eventId])));
      return new Set(batch.events.map(({ event }) => event.eventId).filter((eventId) => !fresh.has(eventId)));
    }),
};

const IDS_OF_DELIVERIES: Mutant = {
  name: 'each delivery gets an event id of its own',
  breaks: 'I4',
  mutate: () => {
    let deliveries = 0;
    return claiming((tx) => async (batch) => {
      const events = batch.events.map((delivery) => withEventId(delivery, `delivery-${(deliveries += 1)}`));
      await tx.claimEvents({ ...batch, events });
      return new Set();
    });
  },
};

const COMMITTED_FIRST: Mutant = {
  name: 'offsets are committed before the messages are processed',
  breaks: 'I4',
  mutate: () => ({
    consumer: (consumer) => ({
      failed: consumer.failed,
      get epoch() {
        return consumer.epoch;
      },
      stop: () => consumer.stop(),
      commitOffsets: (epoch, offsets) => consumer.commitOffsets(epoch, offsets),
      runBatches: (handlers) =>
        consumer.runBatches({
          onAssigned: (assignment) => handlers.onAssigned(assignment),
          onRevoked: (epoch) => handlers.onRevoked(epoch),
          onBatch: async (batch) => {
            const { topic, partition, epoch, messages } = batch;
            const nextOffset = (messages.at(-1)?.offset ?? 0n) + 1n;
            await consumer.commitOffsets(epoch, [{ topic, partition, nextOffset }]).catch(() => undefined);
            await handlers.onBatch(batch);
          },
        }),
    }),
  }),
};

const AFTER_THE_LAST_ID: Mutant = {
  name: 'unsent rows are asked for by id greater than the last',
  breaks: 'I3',
  mutate: () => {
    let lastId = 0; // kept in a table, as those who do this keep it
    return {
      outbox: (store) => ({
        ...store,
        readUnsent: async (shards, limit) => {
          const rows = await store.readUnsent(shards, limit);
          return rows.filter(({ id }) => id > lastId);
        },
        deleteSent: async (rows) => {
          await store.deleteSent(rows);
          lastId = Math.max(lastId, ...rows.map(({ id }) => id));
        },
      }),
      ownedShards: allShards,
    };
  },
};

const SKIP_LOCKED_ROWS: Mutant = {
  name: 'publishers skip the rows that others have locked',
  breaks: 'I5',
  mutate: ({ scenario }) => {
    const locks = new Map<number, SimulatedProcess>();
    return {
      ownedShards: allShards,
      outbox: (store, process) => ({
        ...store,
        readUnsent: async (shards) => {
          for (const [id, holder] of locks) if (holder === process || !holder.isAlive) locks.delete(id);
          const rows = await store.readUnsent(shards, Number.MAX_SAFE_INTEGER);
          const free = rows.filter(({ id }) => !locks.has(id)).toSorted((a, b) => a.id - b.id);
          const claimed = free.slice(0, Math.min(2, scenario.batchSize));
          for (const { id } of claimed) locks.set(id, process);
          return claimed;
        },
      }),
    };
  },
};

const TWO_OWNERS_NO_DEDUPE: Mutant = {
  name: 'a shard has two owners, and nobody drops duplicates',
  breaks: 'I4',
  mutate: () => ({
    ownedShards: allShards,
    ...claiming((tx) => async (batch) => {
      await tx.claimEvents(batch);
      return new Set();
    }),
  }),
};

const OVERTAKEN: Mutant = {
  name: 'a refused row is parked alone, and its successors overtake it',
  breaks: 'I5',
  mutate: ({ scheduler }) => {
    const parked = new Map<number, { attempts: number; untilMs: number }>();
    return {
      outbox: (store) => ({
        ...store,
        parkOrder: async ({ row }, { attempts, delayMs }) => {
          parked.set(row.id, { attempts, untilMs: scheduler.nowMs + delayMs });
        },
        readUnsent: async (shards, limit) => {
          const rows = await store.readUnsent(shards, limit);
          return rows.flatMap((row) => {
            const { attempts = 0, untilMs = 0 } = parked.get(row.id) ?? {};
            return untilMs > scheduler.nowMs ? [] : [{ ...row, attempts }];
          });
        },
      }),
    };
  },
};

const POISON_TRIED_FOREVER: Mutant = {
  name: 'an event that the database refuses is tried again forever',
  breaks: 'I8',
  mutate: () => ({
    applyPlan: (apply) => async (plan) => {
      try {
        return await apply(plan);
      } catch (error: unknown) {
        throw new Error('the database is away', { cause: error });
      }
    },
  }),
};

const LEASES_FOREVER: Mutant = {
  name: 'the leases of a publisher that crashed never run out',
  breaks: 'I9',
  mutate: () => ({
    leases: (store) => ({
      ...store,
      claim: (publisherId, shards) => store.claim(publisherId, shards, Number.MAX_SAFE_INTEGER),
    }),
  }),
};

export const MUTANTS: readonly Mutant[] = [
  ACK_NOT_AWAITED,
  GIVEN_UP_IN_SILENCE,
  OUTAGE_COUNTED,
  THREE_TRANSACTIONS,
  DEDUPED_BY_ORDER,
  IDS_OF_DELIVERIES,
  COMMITTED_FIRST,
  AFTER_THE_LAST_ID,
  SKIP_LOCKED_ROWS,
  TWO_OWNERS_NO_DEDUPE,
  OVERTAKEN,
  POISON_TRIED_FOREVER,
  LEASES_FOREVER,
];

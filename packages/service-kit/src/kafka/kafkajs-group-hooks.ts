/** What a consumer has to say in the life of its kafkajs consumer group. */
export interface GroupHooks {
  /** Awaited before every join, so that work of the old assignment can be committed while the broker still takes it. */
  beforeJoin(): Promise<void>;
  /** The assignment that a fetch belongs to. */
  epoch(): number;
  /** The id that the broker gave to an earlier incarnation of this consumer. */
  memberId(): string | null;
}

/** As much of a kafkajs ConsumerGroup as is hooked into. */
export interface ConsumerGroup {
  memberId: string | null;
  readonly cluster: object;
  joinAndSync: (this: ConsumerGroup) => Promise<void>;
  fetch: (this: ConsumerGroup, nodeId: string) => Promise<readonly object[]>;
}

const hooksByCluster = new WeakMap<object, GroupHooks>();
const joins = new WeakMap<ConsumerGroup, Promise<void>>();
const epochs = new WeakMap<object, number>();

/** Hooks into the group that uses this kafkajs cluster. */
export function hookGroup(cluster: object, hooks: GroupHooks): void {
  hooksByCluster.set(cluster, hooks);
}

/** The epoch in which the fetch of a batch began. */
export function epochOf(batch: object): number | undefined {
  return epochs.get(batch);
}

/**
 * kafkajs emits events around a rebalance but waits for nobody; several fetchers may rejoin at once; and a fetch that
 * began before a rebalance delivers after it, which moves the new assignment's position past messages that were never
 * handled. So joins wait and are shared, and batches carry the epoch of their fetch.
 *
 * A consumer that takes the place of a crashed one joins under the old member id: as somebody new it would wait until
 * the session of the old one has timed out. kafkajs asks for a new id when the broker does not know the old one.
 */
export function patchConsumerGroup(prototype: Pick<ConsumerGroup, 'joinAndSync' | 'fetch'>): void {
  const { joinAndSync, fetch } = prototype;
  prototype.joinAndSync = function joinOnce(this: ConsumerGroup): Promise<void> {
    const underway = joins.get(this);
    if (underway !== undefined) return underway;
    const join = joinAfterHook(this, joinAndSync).finally(() => joins.delete(this));
    joins.set(this, join);
    return join;
  };
  prototype.fetch = async function fetchWithEpoch(this: ConsumerGroup, nodeId: string): Promise<readonly object[]> {
    const epoch = hooksByCluster.get(this.cluster)?.epoch();
    const batches = await fetch.call(this, nodeId);
    if (epoch !== undefined) for (const batch of batches) epochs.set(batch, epoch);
    return batches;
  };
}

async function joinAfterHook(group: ConsumerGroup, join: ConsumerGroup['joinAndSync']): Promise<void> {
  const hooks = hooksByCluster.get(group.cluster);
  if (hooks !== undefined) {
    await hooks.beforeJoin();
    group.memberId ??= hooks.memberId();
  }
  await join.call(group);
}

/** The knobs of a consumer; the defaults suit a pipeline that wants low latency and quick failover. */
export interface ConsumerTuning {
  /** A member that is silent for so long loses its partitions. Brokers allow 6 s and more by default. */
  readonly sessionTimeoutMs: number;
  /** How soon a member hears of a rebalance. */
  readonly heartbeatIntervalMs: number;
  /** How long the group waits for a member to rejoin. */
  readonly rebalanceTimeoutMs: number;
  /** How long `onRevoked` may take. Below the session timeout, for nothing is heard of the member meanwhile. */
  readonly revokeDeadlineMs: number;
  /** How long `stop` waits for kafkajs to leave the group; a join in progress may take the rebalance timeout. */
  readonly leaveDeadlineMs: number;
  /** How long a broker holds a fetch when there is nothing new; bounds how long `stop` takes. */
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBytesPerFetch: number;
  /** Partitions whose batches are handed over at the same time. */
  readonly partitionsConcurrently: number;
  /** How long a partition that is not taken over may hold up the others before it is paused. */
  readonly patienceMs: number;
  /** A partition that lags for so long without any progress, although nobody holds it, means that the consumer hangs. */
  readonly stallAfterMs: number;
  readonly restartBaseMs: number;
  readonly restartMaxMs: number;
}

export const DEFAULT_TUNING: ConsumerTuning = {
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 1_000,
  rebalanceTimeoutMs: 20_000,
  revokeDeadlineMs: 5_000,
  leaveDeadlineMs: 10_000,
  maxWaitMs: 500,
  maxBytesPerPartition: 512 * 1024,
  maxBytesPerFetch: 8 * 1024 * 1024,
  partitionsConcurrently: 32,
  patienceMs: 200,
  stallAfterMs: 30_000,
  restartBaseMs: 250,
  restartMaxMs: 5_000,
};

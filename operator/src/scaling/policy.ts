/** What the owner of a LagScaler asks for. Times in seconds, rates in messages per second. */
export interface ScalingPolicy {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The objective: whatever the backlog, it shall be worked off within this time. */
  readonly drainSeconds: number;
  /** Believed until it has been measured. */
  readonly prior: {
    readonly messagesPerSecondPerReplica: number;
    /** From the change of replicas until the group is stable again and consumes. */
    readonly rebalanceSeconds: number;
  };
  readonly scaleDown: {
    /** A load must have stayed low for so long before replicas are taken away. */
    readonly windowSeconds: number;
  };
  /** Nothing produced and nothing waiting for so long is idle. Matters only where minReplicas is 0. */
  readonly idleSeconds: number;
  /** What holds when Kafka has not answered for `afterSeconds`. */
  readonly fallback: { readonly afterSeconds: number; readonly replicas: number };
  /** What the consumers do where they have never committed: their `auto.offset.reset`. */
  readonly offsetReset: 'earliest' | 'latest';
  readonly pollSeconds: number;
  readonly tuning: ScalingTuning;
}

/** Constants of the decision. They are no part of the API: nobody has to know them to run a LagScaler. */
export interface ScalingTuning {
  /** Share of the capacity that a steady load may use (rho). */
  readonly utilisation: number;
  /** Arrivals above this share of the capacity for half a minute scale up before a backlog forms. */
  readonly upAtUtilisation: number;
  /** Arrivals above this share do so at once. */
  readonly upAtOnceAtUtilisation: number;
  /** The peak of the window must lie below this share of the smaller capacity to scale down. */
  readonly downAtUtilisation: number;
  readonly upCooldownSeconds: number;
  /** While frozen, only a backlog that takes longer than so many objectives scales up. */
  readonly frozenUpFactor: number;
  readonly stalledAfterSeconds: number;
  /** Lower bound of the observed scalability (alpha). */
  readonly minScalability: number;
  /** An up that brings less than this share of what was expected was ineffective. */
  readonly ineffectiveGain: number;
  /** So many ineffective ups in a row block further ones. */
  readonly blockAfterUps: number;
  /** Polls of a new leader before it takes replicas away. */
  readonly settlingPolls: number;
  /** A reading older than so many polls is stale. */
  readonly stalePolls: number;
}

export const DEFAULT_TUNING: ScalingTuning = {
  utilisation: 0.8,
  upAtUtilisation: 0.95,
  upAtOnceAtUtilisation: 1.1,
  downAtUtilisation: 0.8,
  upCooldownSeconds: 15,
  frozenUpFactor: 3,
  stalledAfterSeconds: 60,
  minScalability: 0.5,
  ineffectiveGain: 0.1,
  blockAfterUps: 2,
  settlingPolls: 2,
  stalePolls: 3,
};

export const DEFAULT_POLICY: ScalingPolicy = {
  minReplicas: 1,
  maxReplicas: 12,
  drainSeconds: 60,
  prior: { messagesPerSecondPerReplica: 500, rebalanceSeconds: 10 },
  scaleDown: { windowSeconds: 180 },
  idleSeconds: 300,
  fallback: { afterSeconds: 120, replicas: 3 },
  offsetReset: 'earliest',
  pollSeconds: 5,
  tuning: DEFAULT_TUNING,
};

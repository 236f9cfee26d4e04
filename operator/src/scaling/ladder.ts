/** How partitions spread over replicas, and how much of the load the busiest replica bears. */
export interface Spread {
  readonly partitions: number;
  /** Load of the hottest partition by that of an average other one; 1 when they are alike. */
  readonly skew: number;
}

/**
 * The replicas worth having, ascending: for each number of partitions that the busiest replica may own, the fewest
 * replicas that come to it, { ceil(P/k), k = 1..P }. Any number between two rungs lowers nobody's share. Within the
 * bounds, whose lower one (at least 1) is always a rung; above the partitions only when the lower bound is.
 */
export function buildLadder(partitions: number, bounds: { readonly min: number; readonly max: number }): number[] {
  const lowest = Math.max(1, bounds.min);
  const rungs = [lowest];
  for (let replicas = lowest; replicas < bounds.max && replicas < partitions;) {
    replicas = nextRung(partitions, replicas);
    if (replicas <= bounds.max) rungs.push(replicas);
  }
  return rungs;
}

/** The fewest replicas above these with which the busiest one owns less. */
function nextRung(partitions: number, replicas: number): number {
  const owned = Math.ceil(partitions / replicas);
  return Math.ceil(partitions / (owned - 1));
}

/** The highest rung that is not above; the lowest rung when all are. */
export function rungAtMost(ladder: readonly number[], replicas: number): number {
  return ladder.findLast((rung) => rung <= replicas) ?? ladder[0] ?? replicas;
}

/**
 * Replicas whose work counts: the busiest one bounds the group. P / ceil(P/n) where the partitions are alike; with a hot
 * one, the share of the replica that owns it together with as many others.
 */
export function effectiveReplicas({ partitions, skew }: Spread, replicas: number): number {
  if (replicas <= 0 || partitions <= 0) return 0;
  const owned = Math.ceil(partitions / replicas);
  return (partitions - 1 + skew) / (owned - 1 + skew);
}

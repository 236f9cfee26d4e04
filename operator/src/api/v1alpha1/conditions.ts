export const CONDITION_TYPES = [
  'Ready',
  'Scaling',
  'MetricsAvailable',
  'SLOAchievable',
  'ScalingEffective',
  'PartitionsStalled',
  'Conflict',
] as const;

/**
 * Ready: the LagScaler is looked after and nothing is wrong with it. Scaling: replicas may be changed now.
 * PartitionsStalled and Conflict are bad when True, the others when False.
 */
export type ConditionType = (typeof CONDITION_TYPES)[number];

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** What is found at one poll. The message says what to do and holds no numbers that change all the time. */
export interface ConditionFinding {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** metav1.Condition. */
export interface Condition extends ConditionFinding {
  readonly observedGeneration: number;
  /** RFC 3339, with seconds. */
  readonly lastTransitionTime: string;
}

/** Kubernetes writes times without milliseconds. */
export function toTimestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The findings as conditions. The time of the last transition is kept while the status stays the same. */
export function toConditions(
  findings: readonly ConditionFinding[],
  previous: readonly Condition[],
  { generation, atMs }: { readonly generation: number; readonly atMs: number },
): readonly Condition[] {
  return findings.map((finding) => {
    const before = previous.find(({ type }) => type === finding.type);
    const isSame = before !== undefined && before.status === finding.status;
    return {
      ...finding,
      observedGeneration: generation,
      lastTransitionTime: isSame ? before.lastTransitionTime : toTimestamp(atMs),
    };
  });
}

import type { LagScalerResource, ScalerOwner } from './ports.ts';

/** Somebody else who sets the replicas of the same Deployment. */
export interface Competitor {
  readonly kind: ScalerOwner['kind'] | 'LagScaler';
  readonly name: string;
}

export interface CompetitorSearch {
  readonly resource: LagScalerResource;
  readonly targetName: string;
  readonly owners: readonly ScalerOwner[];
  /** All of the namespace. */
  readonly lagScalers: readonly LagScalerResource[];
}

/** Of several active LagScalers with one target the oldest stays in charge; HPAs and ScaledObjects always win. */
export function findCompetitors({ resource, targetName, owners, lagScalers }: CompetitorSearch): readonly Competitor[] {
  const elders = lagScalers
    .filter((other) => other.uid !== resource.uid && isOlder(other, resource) && isActiveOn(other, targetName))
    .map(({ ref }) => ({ kind: 'LagScaler' as const, name: ref.name }));
  return [...owners, ...elders];
}

function isOlder(one: LagScalerResource, other: LagScalerResource): boolean {
  if (one.createdAtMs !== other.createdAtMs) return one.createdAtMs < other.createdAtMs;
  return one.ref.name < other.ref.name;
}

/** A look at two fields: parsing every spec at every poll of every LagScaler would cost more than the decision. */
function isActiveOn({ spec }: LagScalerResource, targetName: string): boolean {
  const { mode = 'Active', target } = (spec ?? {}) as { readonly mode?: unknown; readonly target?: unknown };
  return mode === 'Active' && (target as { readonly name?: unknown } | undefined)?.name === targetName;
}

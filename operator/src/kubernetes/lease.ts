import type { ApiObject } from './resource-client.ts';

/** coordination.k8s.io/v1 Lease, as it comes over the wire. */
export interface Lease extends ApiObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface LeaseTimes {
  /** Others take the lease when it has not changed for so long. */
  readonly durationMs: number;
  /** The leader stops leading when it could not renew for so long; less than `durationMs`. */
  readonly renewDeadlineMs: number;
  /** Between two renewals. */
  readonly retryMs: number;
}

/** As controller-runtime's. */
export const DEFAULT_LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export type LeasePlan =
  | { readonly kind: 'create' }
  /** Nobody holds it, or its holder has not renewed it in time. */
  | { readonly kind: 'take' }
  /** It is ours. */
  | { readonly kind: 'renew' }
  /** Somebody else's, for so long if it does not change. */
  | { readonly kind: 'wait'; readonly ms: number };

export interface LeaseView {
  readonly identity: string;
  readonly lease: Lease | undefined;
  /** For how long we have seen the lease unchanged, by our own clock: the holder's clock may be wrong. */
  readonly unchangedMs: number;
  readonly times: LeaseTimes;
}

/** What a candidate does about the lease it has just read. */
export function planLease({ identity, lease, unchangedMs, times }: LeaseView): LeasePlan {
  if (lease === undefined) return { kind: 'create' };
  const { holderIdentity = '', leaseDurationSeconds } = lease.spec ?? {};
  if (holderIdentity === '') return { kind: 'take' };
  if (holderIdentity === identity) return { kind: 'renew' };
  const durationMs = leaseDurationSeconds === undefined ? times.durationMs : leaseDurationSeconds * 1_000;
  return unchangedMs >= durationMs ? { kind: 'take' } : { kind: 'wait', ms: Math.ceil(durationMs - unchangedMs) };
}

/** The spec with which `identity` holds the lease from now on. `nowMs` is Unix time. */
export function holdLease(
  held: LeaseSpec | undefined,
  { identity, nowMs, times }: { readonly identity: string; readonly nowMs: number; readonly times: LeaseTimes },
): LeaseSpec {
  const renewTime = toMicroTime(nowMs);
  const isOurs = held?.holderIdentity === identity;
  const transitions = held?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(times.durationMs / 1_000),
    acquireTime: isOurs ? (held.acquireTime ?? renewTime) : renewTime,
    renewTime,
    leaseTransitions: held === undefined || isOurs ? transitions : transitions + 1,
  };
}

/** The spec with which a holder gives the lease back. */
export function releaseLease(held: LeaseSpec, nowMs: number): LeaseSpec {
  const { holderIdentity: _, ...rest } = held;
  return { ...rest, leaseDurationSeconds: 1, renewTime: toMicroTime(nowMs) };
}

/** Kubernetes' MicroTime: exactly six decimals. */
export function toMicroTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace('Z', '000Z');
}

import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LEASE_TIMES, holdLease, planLease, releaseLease, toMicroTime, type LeaseSpec } from './lease.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

function plan(spec: LeaseSpec | undefined, unchangedMs = 0): unknown {
  const metadata = { name: 'lease', namespace: 'orders', uid: 'uid', resourceVersion: '1' };
  const lease = spec === undefined ? undefined : { metadata, spec };
  return planLease({ identity: 'me', lease, unchangedMs, times: DEFAULT_LEASE_TIMES });
}

describe('planLease', () => {
  test('creates a lease that is not there', () => expect(plan(undefined)).toEqual({ kind: 'create' }));

  test('takes one that nobody holds', () => {
    expect(plan({ leaseTransitions: 3 })).toEqual({ kind: 'take' });
    expect(plan({ holderIdentity: '' })).toEqual({ kind: 'take' });
  });

  test('renews its own, however old', () => expect(plan({ holderIdentity: 'me' }, 1e9)).toEqual({ kind: 'renew' }));

  test("waits until another one's has run out, by the duration that its holder wrote into it", () => {
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 30 };
    expect(plan(spec, 29_000)).toEqual({ kind: 'wait', ms: 1_000 });
    expect(plan(spec, 30_000)).toEqual({ kind: 'take' });
    expect(plan({ holderIdentity: 'other' }, 14_000)).toEqual({ kind: 'wait', ms: 1_000 });
  });
});

describe('the spec of a lease', () => {
  const times = DEFAULT_LEASE_TIMES;

  test('counts transitions from holder to holder, and keeps the time of the first', () => {
    const first = holdLease(undefined, { identity: 'me', nowMs: NOW_MS, times });
    const renewed = holdLease(first, { identity: 'me', nowMs: NOW_MS + 2_000, times });
    const taken = holdLease(renewed, { identity: 'other', nowMs: NOW_MS + 20_000, times });
    expect(first).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    expect(renewed).toEqual({ ...first, renewTime: '2026-01-01T00:00:02.000000Z' });
    expect(taken).toMatchObject({ holderIdentity: 'other', acquireTime: taken.renewTime, leaseTransitions: 1 });
  });

  test('names no holder once it is given back', () => {
    const released = releaseLease(holdLease(undefined, { identity: 'me', nowMs: NOW_MS, times }), NOW_MS);
    expect(released).not.toHaveProperty('holderIdentity');
    expect(released.leaseDurationSeconds).toBe(1);
  });

  test('has times with six decimals', () => expect(toMicroTime(NOW_MS + 7)).toBe('2026-01-01T00:00:00.007000Z'));
});

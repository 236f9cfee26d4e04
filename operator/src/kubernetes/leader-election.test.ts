import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import { ManualTime } from '../../test/manual-time.ts';
import { StoreLeases } from '../../test/store-leases.ts';
import { LeaderElection } from './leader-election.ts';
import type { Time } from './time.ts';

const LEASE = 'lagscaler-operator';
const RENEW_DEADLINE_MS = 10_000;

interface Candidate {
  readonly leases: StoreLeases;
  readonly time: Time;
  readonly random?: number;
}

function create(identity: string, { leases, time, random = 0.5 }: Candidate): LeaderElection {
  return new LeaderElection({
    leases,
    leaseName: LEASE,
    identity,
    logger: silentLogger(),
    time,
    random: () => random,
  });
}

/** Every change of leadership of all elections, in order. */
function recordChanges(elections: Readonly<Record<string, LeaderElection>>): string[] {
  const changes: string[] = [];
  for (const [name, election] of Object.entries(elections))
    election.onChange((isLeader) => changes.push(`${name} ${isLeader ? 'leads' : 'lost'}`));
  return changes;
}

describe('LeaderElection', () => {
  test('has one leader, who renews every 2 s with one call, while the other one reads', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const one = create('one', { leases, time });
    const other = create('other', { leases, time });
    one.start();
    other.start();
    await time.pass(60_000);
    expect([one.isLeader(), other.isLeader()]).toEqual([true, false]);
    expect(leases.holders).toEqual(Array.from({ length: 31 }, () => 'one'));
    await Promise.all([one.stop(), other.stop()]);
  });

  test('takes over within 17 s from a leader that was killed, whenever that happens and however they wait', async () => {
    for (const killedAtMs of [2_000, 2_001, 2_500, 3_000, 3_999, 4_001]) {
      for (const random of [0, 0.3, 0.6, 0.999]) {
        const time = new ManualTime();
        const leases = new StoreLeases();
        const killed = time.view();
        const one = create('one', { leases, time: killed, random });
        const other = create('other', { leases, time, random });
        one.start();
        await time.pass(0);
        other.start();
        await time.pass(killedAtMs);
        killed.pause();
        await time.pass(17_000);
        expect({ killedAtMs, random, isLeader: other.isLeader() }).toEqual({ killedAtMs, random, isLeader: true });
        await other.stop();
        void one.stop();
        killed.resume();
      }
    }
  });

  test('gives the lease back when it stops, and the other one has it within 2 s', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const one = create('one', { leases, time });
    const other = create('other', { leases, time });
    one.start();
    await time.pass(0);
    other.start();
    await time.pass(5_000);
    await one.stop();
    expect([one.isLeader(), leases.holder(LEASE)]).toEqual([false, undefined]);
    await time.pass(2_000);
    expect(other.isLeader()).toBe(true);
    await other.stop();
  });

  test('a leader that was paused knows that it may not lead before it has asked anybody', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const paused = time.view();
    const one = create('one', { leases, time: paused });
    const other = create('other', { leases, time });
    const changes = recordChanges({ one, other });
    one.start();
    await time.pass(0);
    other.start();
    await time.pass(3_000);
    paused.pause();
    await time.pass(RENEW_DEADLINE_MS);
    expect([one.isLeader(), other.isLeader()]).toEqual([false, false]);
    await time.pass(10_000);
    expect([one.isLeader(), other.isLeader()]).toEqual([false, true]);
    paused.resume();
    await time.pass(60_000);
    expect(changes).toEqual(['one leads', 'other leads', 'one lost']);
    expect(leases.holder(LEASE)).toBe('other');
    await Promise.all([one.stop(), other.stop()]);
  });

  test('never has two leaders at a time, however wrong their wall clocks are', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const views = [time.view({ wallOffsetMs: -86_400_000 }), time.view({ wallOffsetMs: 86_400_000 })] as const;
    const one = create('one', { leases, time: views[0] });
    const other = create('other', { leases, time: views[1] });
    const changes = recordChanges({ one, other });
    one.start();
    await time.pass(0);
    other.start();
    await time.pass(120_000);
    expect(changes).toEqual(['one leads']);
    views[0].pause();
    for (let passedMs = 0; passedMs < 30_000; passedMs += 100) {
      await time.pass(100);
      expect(one.isLeader() && other.isLeader()).toBe(false);
    }
    expect(other.isLeader()).toBe(true);
    views[0].resume();
    await Promise.all([one.stop(), other.stop()]);
  });

  test('loses leadership after 10 s without the API server, and is back when the server is', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const election = create('one', { leases, time });
    const changes = recordChanges({ one: election });
    election.start();
    await time.pass(3_000);
    leases.isAway = true;
    await time.pass(8_000);
    expect(election.isLeader()).toBe(true);
    await time.pass(292_000);
    expect(election.isLeader()).toBe(false);
    leases.isAway = false;
    await time.pass(2_000);
    expect(changes).toEqual(['one leads', 'one lost', 'one leads']);
    await election.stop();
  });

  test('goes on leading when the answer to a renewal was lost', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const election = create('one', { leases, time });
    const changes = recordChanges({ one: election });
    election.start();
    await time.pass(3_000);
    leases.isNextAnswerLost = true;
    await time.pass(60_000);
    expect(changes).toEqual(['one leads']);
    await election.stop();
  });

  test('two that want a free lease at the same time do not both get it', async () => {
    const time = new ManualTime();
    const leases = new StoreLeases();
    const one = create('one', { leases, time });
    const other = create('other', { leases, time });
    const changes = recordChanges({ one, other });
    await leases.create({ metadata: { name: LEASE }, spec: {} }); // both read it before either writes
    one.start();
    other.start();
    await time.pass(30_000);
    expect(changes).toHaveLength(1);
    await Promise.all([one.stop(), other.stop()]);
  });

  test('stop before start is fine, also twice', async () => {
    const leases = new StoreLeases();
    const election = create('one', { leases, time: new ManualTime() });
    await election.stop();
    await election.stop();
    election.start();
    expect(leases.holders).toEqual([]);
  });

  test('a listener that throws does not end the election', async () => {
    const time = new ManualTime();
    const election = create('one', { leases: new StoreLeases(), time });
    election.onChange(() => {
      throw new Error('listener');
    });
    election.start();
    await time.pass(30_000);
    expect(election.isLeader()).toBe(true);
    await election.stop();
  });
});

import { describe, expect, test } from '@jest/globals';
import { epochOf, hookGroup, patchConsumerGroup, type GroupHooks } from './kafkajs-group-hooks.ts';

/** A consumer group as kafkajs has it, with joins and fetches that end when the test wants. */
function createGroup() {
  const join = Promise.withResolvers<void>();
  const fetched = Promise.withResolvers<readonly object[]>();
  const calls: string[] = [];
  const prototype = {
    joinAndSync(this: { memberId: string | null }) {
      calls.push(`join as ${this.memberId ?? 'somebody new'}`);
      return join.promise;
    },
    fetch() {
      return fetched.promise;
    },
  };
  patchConsumerGroup(prototype);
  const group = Object.assign(Object.create(prototype) as typeof prototype, {
    cluster: {},
    memberId: null as string | null,
  });
  return { group, join, fetched, calls };
}

function hooks(overrides: Partial<GroupHooks> = {}): GroupHooks {
  return { beforeJoin: () => Promise.resolve(), epoch: () => 1, memberId: () => null, ...overrides };
}

describe('joining a group', () => {
  test('waits until the old assignment is let go', async () => {
    const { group, join, calls } = createGroup();
    const letGo = Promise.withResolvers<void>();
    hookGroup(group.cluster, hooks({ beforeJoin: () => letGo.promise }));
    const joined = group.joinAndSync();
    await new Promise(setImmediate);
    expect(calls).toEqual([]);
    letGo.resolve();
    join.resolve();
    await joined;
    expect(calls).toHaveLength(1);
  });

  test('is done once when several fetchers ask for it, and again the next time', async () => {
    const { group, join, calls } = createGroup();
    hookGroup(group.cluster, hooks());
    join.resolve();
    await Promise.all([group.joinAndSync(), group.joinAndSync()]);
    expect(calls).toHaveLength(1);
    await group.joinAndSync();
    expect(calls).toHaveLength(2);
  });

  test('continues under the member id of the consumer before it', async () => {
    const { group, join, calls } = createGroup();
    hookGroup(group.cluster, hooks({ memberId: () => 'member-7' }));
    join.resolve();
    await group.joinAndSync();
    expect(calls).toEqual(['join as member-7']);
  });

  test('is untouched in groups without hooks', async () => {
    const { group, join, calls } = createGroup();
    join.resolve();
    await group.joinAndSync();
    expect(calls).toEqual(['join as somebody new']);
  });
});

describe('a fetched batch', () => {
  test('belongs to the epoch in which its fetch began, even when it comes in the next one', async () => {
    const { group, fetched } = createGroup();
    let epoch = 3;
    hookGroup(group.cluster, hooks({ epoch: () => epoch }));
    const fetching = group.fetch();
    epoch = 4;
    fetched.resolve([{}]);
    const [batch] = await fetching;
    expect(epochOf(batch ?? {})).toBe(3);
  });

  test('belongs to no epoch in groups without hooks', async () => {
    const { group, fetched } = createGroup();
    fetched.resolve([{}]);
    const [batch] = await group.fetch();
    expect(epochOf(batch ?? {})).toBeUndefined();
  });
});

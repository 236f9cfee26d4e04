import { describe, expect, test } from '@jest/globals';
import type { ProcessIdentity } from './process-identity.ts';
import { planCleanUp, type RunRecord } from './run-directory.ts';

const SUPERVISOR = { pid: 10, startTime: '100' };
const POSTGRES = { pid: 11, startTime: '101', name: 'postgres', stopSignal: 'SIGINT' } as const;
const KAFKA = { pid: 12, startTime: '102', name: 'kafka', stopSignal: 'SIGTERM' } as const;
const RECORD: RunRecord = {
  name: 'demo',
  supervisor: SUPERVISOR,
  children: [POSTGRES, KAFKA],
  outsideDirectories: [],
};

function aliveAre(...alive: ProcessIdentity[]): (identity: ProcessIdentity) => boolean {
  return ({ pid, startTime }) => alive.some((one) => one.pid === pid && one.startTime === startTime);
}

describe('what to do about another run', () => {
  const found = { record: RECORD, folderAgeMs: 0, name: 'demo' };

  test('a live one beside this is left alone', () => {
    const plan = planCleanUp(found, aliveAre(SUPERVISOR, POSTGRES, KAFKA));
    expect(plan).toEqual({ childrenToStop: [], isRemoved: false });
  });

  test('of one that crashed, the children that live on are stopped and the folder is removed', () => {
    expect(planCleanUp(found, aliveAre(KAFKA))).toEqual({ childrenToStop: [KAFKA], isRemoved: true });
  });

  test('a stranger that was given the pid of a child is never stopped', () => {
    const stranger = { pid: KAFKA.pid, startTime: '999' };
    expect(planCleanUp(found, aliveAre(stranger)).childrenToStop).toEqual([]);
  });

  test('a stranger with the pid of the supervisor does not keep a crashed run', () => {
    const stranger = { pid: SUPERVISOR.pid, startTime: '999' };
    expect(planCleanUp(found, aliveAre(stranger, POSTGRES))).toEqual({ childrenToStop: [POSTGRES], isRemoved: true });
  });

  test('of a crashed run with another name, the logs stay', () => {
    const plan = planCleanUp({ ...found, name: 'test' }, aliveAre(KAFKA));
    expect(plan).toEqual({ childrenToStop: [KAFKA], isRemoved: false });
  });

  test('a folder without a record is left until it can no longer be one that is being made', () => {
    const withoutRecord = { record: undefined, name: 'demo' };
    expect(planCleanUp({ ...withoutRecord, folderAgeMs: 1_000 }, aliveAre()).isRemoved).toBe(false);
    expect(planCleanUp({ ...withoutRecord, folderAgeMs: 120_000 }, aliveAre()).isRemoved).toBe(true);
  });
});

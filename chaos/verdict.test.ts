import { describe, expect, test } from '@jest/globals';
import type { AuditReport } from '@orderflow/auditor/audit';
import { judge, median, type Evidence, type StrikeRecord } from './verdict.ts';

const AUDITED = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'];

function auditReport(overrides: Partial<AuditReport> = {}): AuditReport {
  return {
    accepted: 10,
    orders: 10,
    published: 10,
    processed: 10,
    lost: 0,
    duplicated: 0,
    altered: 0,
    pending: 0,
    redelivered: 0,
    unacknowledged: 0,
    revenueDriftCents: 0,
    deadLetters: 0,
    outboxUnsent: 0,
    outboxDead: 0,
    invariants: AUDITED.map((id) => ({
      id,
      title: '',
      holds: true,
      checked: 1,
      broken: 0,
      examples: [],
      explanation: `${id} was judged`,
    })),
    verdict: 'proved',
    ...overrides,
  };
}

const recovered: StrikeRecord = {
  strike: { kind: 'kill', victims: ['kafka'] },
  atOrders: 1,
  kills: 1,
  recoveryMs: 900,
};

function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    strikes: [recovered],
    load: { wrongAnswers: 0, wrongAnswerExamples: [] },
    audit: auditReport(),
    standing: { verdict: 'proved', alarms: 0 },
    drainMs: 1_200,
    poison: undefined,
    ...overrides,
  };
}

function verdicts(overrides: Partial<Evidence>): Record<string, boolean | null> {
  return Object.fromEntries(judge(evidence(overrides)).map(({ invariant, holds }) => [invariant, holds]));
}

const ALL_HOLD = { I1: true, I2: true, I3: true, I4: true, I5: true, I6: true, I7: true, I8: null, I9: true };

describe('judge', () => {
  test('judges what the auditor judged, and recovery; without poison I8 is not judged', () => {
    expect(verdicts({})).toEqual(ALL_HOLD);
  });

  test('passes on what the auditor found, with its examples', () => {
    const [first, ...others] = auditReport().invariants;
    const examples = [{ kind: 'lost', subject: 'o1', text: 'order o1 is gone' }] as const;
    const broken = { ...first!, holds: false, broken: 1, examples };
    const [i1] = judge(evidence({ audit: auditReport({ invariants: [broken, ...others] }) }));
    expect(i1).toMatchObject({ invariant: 'I1', holds: false, explanation: 'I1 was judged; order o1 is gone' });
  });

  test.each([
    ['a wrong answer', { load: { wrongAnswers: 1, wrongAnswerExamples: ['201 with another total'] } }],
    ['an alarm that was taken back', { standing: { verdict: 'proved', alarms: 1 } }],
    ['no verdict of the standing auditor', { standing: { verdict: 'settling', alarms: 0 } }],
  ])('%s breaks I1', (_, overrides) => {
    expect(verdicts(overrides)).toEqual({ ...ALL_HOLD, I1: false });
  });

  test.each([
    ['a strike without recovery', { strikes: [{ ...recovered, recoveryMs: undefined }] }],
    ['a backlog that stays', { drainMs: undefined }],
    ['rows that stay in the outbox', { audit: auditReport({ outboxUnsent: 1 }) }],
    ['state changes without effect', { audit: auditReport({ pending: 1 }) }],
  ])('%s breaks I9', (_, overrides) => {
    expect(verdicts(overrides)).toEqual({ ...ALL_HOLD, I9: false });
  });

  test('a strike that missed broke nothing and proves nothing', () => {
    expect(verdicts({ strikes: [{ ...recovered, missed: 'no such moment', recoveryMs: undefined }] })).toEqual(
      ALL_HOLD,
    );
  });

  test('I8 wants every poison message in the dead letter topic, and the others held up for 10 s at most', () => {
    const flood = (recoveryMs: number | undefined): StrikeRecord => ({
      strike: { kind: 'poison', messages: 5 },
      atOrders: 1,
      kills: 0,
      recoveryMs,
    });
    const whole = { sent: 5, inDeadLetterTopic: 5 };
    expect(verdicts({ poison: whole, strikes: [flood(9_000)] })).toMatchObject({ I8: true });
    expect(verdicts({ poison: whole, strikes: [flood(10_001)] })).toMatchObject({ I8: false });
    expect(verdicts({ poison: whole, strikes: [flood(undefined)] })).toMatchObject({ I8: false, I9: false });
    expect(verdicts({ poison: { sent: 5, inDeadLetterTopic: 4 }, strikes: [flood(1)] })).toMatchObject({ I8: false });
  });
});

test('the median is the middle, or between the two in the middle', () => {
  expect([median([]), median([3]), median([5, 1, 3]), median([4, 1, 3, 2])]).toEqual([undefined, 3, 3, 2.5]);
});

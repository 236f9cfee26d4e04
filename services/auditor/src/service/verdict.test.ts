import { describe, expect, test } from '@jest/globals';
import type { WindowLook } from '../windows/window-audit.ts';
import { AuditBook } from './audit-book.ts';
import { BEFORE_THE_FIRST_ROUND, judge, MAX_FINDINGS, type AuditSituation } from './verdict.ts';

const FIRST_MS = Date.parse('2026-01-31T12:00:00Z');
const NOW_MS = FIRST_MS + 600_000;

function look(minute: number, over: Partial<WindowLook> = {}): WindowLook {
  const fromMs = FIRST_MS + minute * 60_000;
  return {
    fromMs,
    toMs: fromMs + 60_000,
    lookedAtMs: NOW_MS,
    outcome: 'proved',
    sums: { orders: 10, revenueCents: 1_000, changes: 12, digest: '1' },
    driftCents: 0,
    findings: [],
    pending: [],
    ...over,
  };
}

function bookOf(...looks: WindowLook[]): AuditBook {
  const book = new AuditBook();
  for (const each of looks) book.addLook(each);
  return book;
}

const SITUATION: AuditSituation = {
  ...BEFORE_THE_FIRST_ROUND,
  nowMs: NOW_MS,
  roundEndedMs: NOW_MS,
  firstMs: FIRST_MS,
  receipts: 20,
};
const lost = { kind: 'lost', subject: 'order-1#1', text: 'order order-1: gone' } as const;

test('minutes that are all proved are proved, up to the first gap', () => {
  expect(judge(bookOf(look(0), look(1), look(3)), SITUATION)).toMatchObject({
    verdict: 'proved',
    waitingFor: null,
    orders: 30,
    stateChanges: 36,
    provedUpTo: '2026-01-31T12:02:00.000Z',
  });
});

test('a minute that orders still come into counts up to the look', () => {
  const verdict = judge(bookOf(look(0), look(1, { lookedAtMs: FIRST_MS + 70_000 })), SITUATION);
  expect(verdict.provedUpTo).toBe('2026-01-31T12:01:10.000Z');
});

describe('it is settling while', () => {
  test.each([
    ['the first round', { roundEndedMs: undefined }],
    ['the first order', { firstMs: undefined }],
    ['the rest of the topic to be read', { unreadMessages: 1 }],
    ['the rest of the receipts to be read', { isJournalRead: false }],
    ['the outbox to drain', { obstacle: 'the outbox to drain' }],
  ])('it waits for %s', (waitingFor, over) => {
    expect(judge(bookOf(look(0)), { ...SITUATION, ...over })).toMatchObject({ verdict: 'settling', waitingFor });
  });

  test('an event lies in the dead letters', () => {
    const pending = [{ orderId: 'order-1', sequence: 1, reason: 'dead letter' } as const];
    expect(judge(bookOf(look(0, { outcome: 'pending', pending })), SITUATION)).toMatchObject({
      verdict: 'settling',
      waitingFor: '1 events: dead letter',
      pending: { 'dead letter': 1 },
    });
  });
});

test('events that are just being sent do not unsettle it, one that stays there does', () => {
  const pending = [{ orderId: 'order-1', sequence: 1, reason: 'unsent' } as const];
  const book = bookOf(look(0), look(1, { outcome: 'pending', pending }));
  expect(judge(book, { ...SITUATION, unaccountedSinceMs: NOW_MS - 2_000 })).toMatchObject({
    verdict: 'proved',
    pending: { unsent: 1 },
    provedUpTo: '2026-01-31T12:01:00.000Z',
    oldestUnaccountedSeconds: 2,
  });
  expect(judge(book, { ...SITUATION, unaccountedSinceMs: NOW_MS - 31_000 })).toMatchObject({
    verdict: 'settling',
    waitingFor: 'events that have been on their way for 31 s',
  });
});

test('one finding breaks it, whatever else waits', () => {
  const verdict = judge(bookOf(look(0, { outcome: 'broken', findings: [lost], driftCents: -100 })), {
    ...SITUATION,
    obstacle: 'the outbox to drain',
  });
  expect(verdict).toMatchObject({ verdict: 'broken', lost: 1, revenueDriftCents: -100 });
  expect(verdict.findings).toEqual([{ ...lost, invariant: 'I4' }]);
  expect(verdict.invariants.find(({ id }) => id === 'I4')).toMatchObject({ holds: false, broken: 1 });
});

test('all findings are counted and a hundred are shown', () => {
  const findings = Array.from({ length: 60_000 }, (_, index) => ({ ...lost, subject: `order-${index}#1` }));
  const book = bookOf(look(0, { outcome: 'broken', findings }), look(1, { outcome: 'broken', findings }));
  const verdict = judge(book, SITUATION);
  expect(verdict.lost).toBe(120_000);
  expect(verdict.findings).toHaveLength(MAX_FINDINGS);
});

test('what a window shows again is not new, and what heals is gone', () => {
  const book = new AuditBook();
  const broken = look(0, { outcome: 'broken', findings: [lost] });
  expect(book.addLook(broken)).toEqual({ lost: 1, duplicated: 0 });
  expect(book.addLook(broken)).toEqual({ lost: 0, duplicated: 0 });
  book.addLook(look(0));
  expect(judge(book, SITUATION).verdict).toBe('proved');
});

test('without a journal what clients were told is not judged', () => {
  const { invariants } = judge(bookOf(look(0)), { ...SITUATION, receipts: null });
  expect(invariants.find(({ id }) => id === 'I1')).toMatchObject({ holds: null });
});

test('a minute from before the horizon is forgotten', () => {
  const book = bookOf(look(0), look(1));
  book.retire(FIRST_MS + 60_000);
  expect(book.windows.size).toBe(1);
});

import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { planLooks, type LookOutcome, type WindowMark } from './plan-looks.ts';
import { MINUTE_MS } from './window.ts';

const POLICY = { settleMs: 5_000, retryMs: 5_000, limit: 60 };
const FIRST_MS = 100 * MINUTE_MS;

function markOf(fromMs: number, lookedAtMs: number, outcome: LookOutcome = 'proved'): [number, WindowMark] {
  return [fromMs, { fromMs, toMs: fromMs + MINUTE_MS, lookedAtMs, outcome }];
}

test('there is nothing to look at before the first order', () => {
  expect(planLooks({ firstMs: undefined, marks: new Map(), nowMs: FIRST_MS }, POLICY)).toEqual({
    closed: [],
    open: [],
    isCut: false,
  });
});

test('a minute is open until it has settled', () => {
  const atEnd = planLooks({ firstMs: FIRST_MS, marks: new Map(), nowMs: FIRST_MS + MINUTE_MS + 4_999 }, POLICY);
  expect(atEnd).toMatchObject({ closed: [], open: [{ fromMs: FIRST_MS }, { fromMs: FIRST_MS + MINUTE_MS }] });
  const settled = planLooks({ firstMs: FIRST_MS, marks: new Map(), nowMs: FIRST_MS + MINUTE_MS + 5_000 }, POLICY);
  expect(settled).toMatchObject({ closed: [{ fromMs: FIRST_MS }], open: [{ fromMs: FIRST_MS + MINUTE_MS }] });
});

test('a look at a minute that was still open does not count as a look at the whole of it', () => {
  const nowMs = FIRST_MS + MINUTE_MS + 5_000;
  const marks = new Map([markOf(FIRST_MS, nowMs - 1)]);
  expect(planLooks({ firstMs: FIRST_MS, marks, nowMs }, POLICY).closed).toEqual([
    { fromMs: FIRST_MS, toMs: FIRST_MS + MINUTE_MS },
  ]);
});

test.each<LookOutcome>(['pending', 'broken', 'unsettled'])(
  'a minute that is %s is looked at in every round',
  (outcome) => {
    const nowMs = FIRST_MS + 30 * MINUTE_MS;
    const marks = new Map([markOf(FIRST_MS, nowMs - 5_000, outcome)]);
    expect(planLooks({ firstMs: FIRST_MS, marks, nowMs }, POLICY).closed).toContainEqual({
      fromMs: FIRST_MS,
      toMs: FIRST_MS + MINUTE_MS,
    });
  },
);

test('a proved minute is looked at again and again, and less and less often', () => {
  const marks = new Map<number, WindowMark>();
  const looks: number[] = [];
  for (let nowMs = FIRST_MS + MINUTE_MS; nowMs < FIRST_MS + 1_440 * MINUTE_MS; nowMs += 5_000) {
    const { closed } = planLooks({ firstMs: FIRST_MS, marks, nowMs }, { ...POLICY, limit: 10_000 });
    for (const { fromMs } of closed) {
      marks.set(...markOf(fromMs, nowMs));
      if (fromMs === FIRST_MS) looks.push(nowMs - FIRST_MS);
    }
    // The other minutes are of no interest here.
    for (const fromMs of marks.keys()) if (fromMs !== FIRST_MS) marks.set(...markOf(fromMs, Infinity));
  }
  expect(looks.length).toBeGreaterThan(10);
  expect(looks.length).toBeLessThan(25);
  // Whatever goes wrong after a look is seen before the age of the minute has doubled.
  for (const [index, look] of looks.slice(1).entries()) expect(look).toBeLessThanOrEqual(2 * looks[index]!);
});

test('no more minutes than the limit are chosen, those that nobody has looked at first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), (minutes, limit) => {
      const nowMs = FIRST_MS + minutes * MINUTE_MS + 5_000;
      const marks = new Map([markOf(FIRST_MS, nowMs - 10_000_000, 'broken')]);
      const plan = planLooks({ firstMs: FIRST_MS, marks, nowMs }, { ...POLICY, limit });
      expect(plan.closed.length).toBe(Math.min(minutes, limit));
      expect(plan.isCut).toBe(minutes > limit);
    }),
  );
});

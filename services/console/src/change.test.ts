import { expect, test } from '@jest/globals';
import { quantileBetween, ratePerSecond, type Reading } from './change.ts';
import { parseExposition } from './exposition.ts';

function reading(atMs: number, processes: Readonly<Record<string, string>>): Reading {
  return {
    atMs,
    processes: new Map(Object.entries(processes).map(([name, text]) => [name, parseExposition(text)])),
  };
}

const SENT = { name: 'sent_total' };

test('a rate is the growth of all processes per second', () => {
  const before = reading(0, { a: 'sent_total 10', b: 'sent_total 5' });
  const after = reading(2_000, { a: 'sent_total 30', b: 'sent_total 15' });
  expect(ratePerSecond(before, after, SENT)).toBe(15);
});

test('a process that began anew counts from zero, and one that has just come does not count yet', () => {
  const before = reading(0, { a: 'sent_total 1000' });
  const after = reading(1_000, { a: 'sent_total 7', b: 'sent_total 900' });
  expect(ratePerSecond(before, after, SENT)).toBe(7);
});

test('a rate is not known without an earlier reading, nor of a process that does not answer', () => {
  expect(ratePerSecond(undefined, reading(1_000, { a: 'sent_total 7' }), SENT)).toBeUndefined();
  expect(ratePerSecond(reading(0, { a: 'sent_total 7' }), reading(1_000, {}), SENT)).toBeUndefined();
});

const histogram = (fast: number, slow: number): string =>
  `t_bucket{le="0.1"} ${fast}\nt_bucket{le="1"} ${slow}\nt_bucket{le="+Inf"} ${slow}`;

test('a quantile is of what was observed between the readings', () => {
  const query = { histogram: { name: 't' }, quantile: 0.5 };
  const before = reading(0, { a: histogram(1_000, 1_000) });
  const after = reading(1_000, { a: histogram(1_000, 1_010) });
  expect(quantileBetween(before, after, query)).toBeCloseTo(0.55);
  expect(quantileBetween(before, before, query)).toBeUndefined();
});

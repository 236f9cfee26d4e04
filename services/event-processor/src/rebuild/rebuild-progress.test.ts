import { describe, expect, test } from '@jest/globals';
import type { Comparison } from './compare-tables.ts';
import { createRebuildProgress } from './rebuild-progress.ts';

function progressAt() {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  return {
    lines,
    clock,
    progress: createRebuildProgress({ write: (line) => lines.push(line), nowMs: () => clock.nowMs }),
  };
}

const comparison = (overrides: Partial<Comparison>): Comparison => ({
  figures: 1_020,
  events: 3_000,
  differing: 0,
  eventsOnlyLive: 0,
  rows: [],
  ...overrides,
});

describe('the lines of a rebuild', () => {
  test('say once a second what is done, what remains and how fast it goes', () => {
    const { lines, clock, progress } = progressAt();
    progress.expect(4_000);
    progress.count({ applied: 900, duplicates: 0, dead: 0 });
    clock.nowMs = 1_000;
    progress.count({ applied: 1_098, duplicates: 1, dead: 1 });
    clock.nowMs = 1_900;
    progress.count({ applied: 2_000, duplicates: 0, dead: 0 });
    clock.nowMs = 2_000;
    progress.finish();
    expect(lines).toEqual([
      'replayed 2,000 messages, 2,000 remaining (2,000/s, 1.0 s)',
      'replayed 4,000 messages (2,000/s, 2.0 s): 3,998 events, 1 repeats, 1 dead letters',
    ]);
  });

  test('show what differs, how much of it is not shown, and nothing that a terminal would obey', () => {
    const { lines, progress } = progressAt();
    const row = { table: 'sales_by_product', key: 'hat\u001B[2J', column: 'units', live: '3', rebuilt: null };
    progress.showComparison(comparison({ differing: 12, rows: [row] }), { elapsedMs: 40, isLocked: false });
    expect(lines).toEqual([
      'differences: 12 in 1,020 figures and 3,000 processed events',
      '  sales_by_product hat\u{FFFD}[2J  units: live 3, rebuilt nothing',
      '  and 11 more (--rows)',
      'compared at the same offsets, in 0.04 s, with nobody locked out',
    ]);
  });

  test('say that all is equal', () => {
    const { lines, progress } = progressAt();
    progress.showComparison(comparison({}), { elapsedMs: 40, isLocked: false });
    expect(lines[0]).toBe('equal: 1,020 figures and 3,000 processed events');
  });
});

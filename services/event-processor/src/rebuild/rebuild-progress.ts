import type { Comparison, Difference } from './compare-tables.ts';
import type { ReplayCounts } from './topic-replay.ts';

const LINE_INTERVAL_MS = 1_000;

/** Tells a waiting operator, line by line, what is going on. */
export interface RebuildProgress {
  say(text: string): void;
  /** So many messages lie before it. */
  expect(remaining: number): void;
  /** A batch was written. */
  readonly count: (counts: ReplayCounts) => void;
  /** The replay is as far as it can be. */
  finish(): void;
  showComparison(comparison: Comparison, how: { readonly elapsedMs: number; readonly isLocked: boolean }): void;
}

export interface RebuildProgressOptions {
  readonly write: (line: string) => void;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

export function createRebuildProgress({ write, nowMs }: RebuildProgressOptions): RebuildProgress {
  const startedMs = nowMs();
  let lineMs = startedMs;
  let replayed: ReplayCounts = { applied: 0, duplicates: 0, dead: 0 };
  let goal = 0;
  const done = (): number => replayed.applied + replayed.duplicates + replayed.dead;
  const pace = (): string => {
    const seconds = Math.max(0.001, (nowMs() - startedMs) / 1_000);
    return `${number(done() / seconds)}/s, ${seconds.toFixed(1)} s`;
  };
  return {
    say: write,
    expect(remaining) {
      goal = done() + remaining;
    },
    count: ({ applied, duplicates, dead }) => {
      replayed = {
        applied: replayed.applied + applied,
        duplicates: replayed.duplicates + duplicates,
        dead: replayed.dead + dead,
      };
      if (nowMs() - lineMs < LINE_INTERVAL_MS) return;
      lineMs = nowMs();
      write(`replayed ${number(done())} messages, ${number(Math.max(0, goal - done()))} remaining (${pace()})`);
    },
    finish() {
      const { applied, duplicates, dead } = replayed;
      write(
        `replayed ${number(done())} messages (${pace()}): ${number(applied)} events, ${number(duplicates)} repeats, ${number(dead)} dead letters`,
      );
    },
    showComparison(comparison, how) {
      for (const line of comparisonLines(comparison, how)) write(line);
    },
  };
}

function comparisonLines(
  { figures, events, differing, rows }: Comparison,
  { elapsedMs, isLocked }: { readonly elapsedMs: number; readonly isLocked: boolean },
): readonly string[] {
  const seconds = `${(elapsedMs / 1_000).toFixed(2)} s`;
  if (isLocked) return [`once more, with writers locked out: ${number(differing)} differing, in ${seconds}`];
  const what = `${number(figures)} figures and ${number(events)} processed events`;
  const hidden = differing - rows.length;
  return [
    differing === 0 ? `equal: ${what}` : `differences: ${number(differing)} in ${what}`,
    ...rows.map((row) => `  ${differenceText(row)}`),
    ...(hidden > 0 ? [`  and ${number(hidden)} more (--rows)`] : []),
    `compared at the same offsets, in ${seconds}, with nobody locked out`,
  ];
}

function differenceText({ table, key, column, live, rebuilt }: Difference): string {
  const line = `${table} ${key}  ${column}: live ${live ?? 'nothing'}, rebuilt ${rebuilt ?? 'nothing'}`;
  // A product's name or a reason may hold anything: control characters must not reach the terminal.
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

import { describe, expect, test } from '@jest/globals';
import type { ClusterEvent, LagScalerResource } from '../controller/ports.ts';
import { EventSeriesBook } from './event-series.ts';

const MINUTE_MS = 60_000;

function event(note = 'from 2 to 6', uid = 'uid'): ClusterEvent {
  const regarding = { uid } as LagScalerResource;
  return { regarding, type: 'Normal', reason: 'ScaledUp', action: 'Scaling', note };
}

describe('EventSeriesBook', () => {
  test('makes one event of repetitions, and tells their number at most once a minute', () => {
    const book = new EventSeriesBook();
    const told: string[] = [];
    for (let poll = 0; poll < 121; poll += 1) {
      const plan = book.plan(event(), { name: `event-${poll}`, nowMs: poll * 5_000 });
      if (plan.kind === 'create') told.push('create');
      if (plan.kind === 'count') told.push(`${plan.series.name} x${plan.series.count}`);
    }
    expect(told).toEqual([
      'create',
      'event-0 x2',
      ...[14, 26, 38, 50, 62, 74, 86, 98, 110].map((count) => `event-0 x${count}`),
    ]);
  });

  test('tells another note apart', () => {
    const book = new EventSeriesBook();
    expect(book.plan(event('from 2 to 6'), { name: 'one', nowMs: 0 })).toEqual({ kind: 'create' });
    expect(book.plan(event('from 6 to 12'), { name: 'two', nowMs: 0 })).toEqual({ kind: 'create' });
  });

  test('begins anew after six quiet minutes, or when the server has not got it', () => {
    const book = new EventSeriesBook();
    book.plan(event(), { name: 'one', nowMs: 0 });
    expect(book.plan(event(), { name: 'two', nowMs: 6 * MINUTE_MS })).toEqual({ kind: 'create' });
    book.drop(event());
    expect(book.plan(event(), { name: 'three', nowMs: 6 * MINUTE_MS })).toEqual({ kind: 'create' });
  });

  test('lets no object flood the namespace, and holds that against no other one', () => {
    const book = new EventSeriesBook();
    const count = (uid: string, nowMs: number): number => {
      const notes = Array.from({ length: 100 }, (_, index) => `${nowMs} ${index}`);
      return notes.filter((note) => book.plan(event(note, uid), { name: note, nowMs }).kind === 'create').length;
    };
    expect(count('one', 0)).toBe(25);
    expect(count('other', 0)).toBe(25);
    expect(count('one', MINUTE_MS)).toBe(6);
  });
});

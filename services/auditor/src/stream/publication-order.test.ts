import { describe, expect, test } from '@jest/globals';
import { firstIdAt } from '@orderflow/contracts/ids';
import type { StateChange } from '../observations.ts';
import { PublicationOrder, type Arrival } from './publication-order.ts';

const SINCE_MS = Date.parse('2026-01-31T12:00:00Z');
const NEW_ORDER = firstIdAt(SINCE_MS + 120_000);
const OLD_ORDER = firstIdAt(SINCE_MS - 1_000);

function note(order: PublicationOrder, sequences: readonly number[], orderId = NEW_ORDER): Arrival[] {
  return sequences.map((sequence) => order.note({ orderId, sequence } as StateChange, 3, SINCE_MS + 130_000));
}
const watch = (generationSize = 1_000) => new PublicationOrder({ generationSize, sinceMs: SINCE_MS });

describe('the events of an order', () => {
  test('may come again at any time', () => {
    expect(note(watch(), [1, 2, 1, 2, 3, 1])).toEqual([
      'next',
      'next',
      'redelivered',
      'redelivered',
      'next',
      'redelivered',
    ]);
  });

  test('must not leave one out, nor come late', () => {
    expect(note(watch(), [1, 3, 2])).toEqual(['next', 'misordered', 'misordered']);
    expect(note(watch(), [2])).toEqual(['misordered']);
  });

  test('are told apart up to the 31st', () => {
    const sequences = Array.from({ length: 33 }, (_, index) => index + 1);
    const arrivals = note(watch(), sequences);
    expect(arrivals.slice(0, 31)).toEqual(sequences.slice(0, 31).map(() => 'next'));
    expect(arrivals.slice(31)).toEqual(['redelivered', 'redelivered']);
  });

  test('must not change the partition', () => {
    const order = watch();
    note(order, [1]);
    expect(order.note({ orderId: NEW_ORDER, sequence: 2 } as StateChange, 4, SINCE_MS)).toBe('misordered');
  });

  test('are not judged when they may have begun before the memory', () => {
    expect(note(watch(), [2, 4], OLD_ORDER)).toEqual(['unknown', 'unknown']);
  });

  test('may come late when one of them had been given up', () => {
    const order = watch();
    note(order, [1, 3]);
    order.excuse(NEW_ORDER);
    expect(note(order, [2])).toEqual(['next']);
  });

  test('are not judged once they are forgotten', () => {
    const order = watch(2);
    note(order, [1]);
    for (let index = 0; index < 6; index += 1) {
      order.note({ orderId: firstIdAt(SINCE_MS + index), sequence: 1 } as StateChange, 3, SINCE_MS + 200_000);
    }
    expect(note(order, [3])).toEqual(['unknown']);
  });
});

import { describe, expect, test } from '@jest/globals';
import { incoming } from '../../test/order-events.ts';
import { OffsetTracker } from './offset-tracker.ts';

const batch = (partition: number, first: number, count: number) => ({
  partition,
  messages: Array.from({ length: count }, (_, index) => incoming({ offset: BigInt(first + index) })),
  highWatermark: BigInt(first + count),
});

describe('OffsetTracker', () => {
  test('offers to commit what was applied, once', () => {
    const tracker = new OffsetTracker([0, 1]);
    tracker.noteReceived(batch(0, 5, 3));
    expect(tracker.uncommitted()).toEqual([]);
    tracker.noteApplied(0, 8n);
    const offsets = tracker.uncommitted();
    expect(offsets).toEqual([{ partition: 0, nextOffset: 8n }]);
    tracker.noteApplied(0, 9n); // while the commit is on its way
    tracker.noteCommitted(offsets);
    expect(tracker.uncommitted()).toEqual([{ partition: 0, nextOffset: 9n }]);
    tracker.noteCommitted(tracker.uncommitted());
    expect(tracker.uncommitted()).toEqual([]);
  });

  test('sees a hole between two batches and one before the first', () => {
    const tracker = new OffsetTracker([0, 1]);
    tracker.expectFrom(new Map([[0, 10n]]));
    expect(tracker.noteReceived(batch(0, 15, 1))).toEqual({ partition: 0, expectedOffset: 10n, firstOffset: 15n });
    expect(tracker.noteReceived(batch(0, 16, 2))).toBeUndefined();
    expect(tracker.noteReceived(batch(0, 20, 1))).toEqual({ partition: 0, expectedOffset: 18n, firstOffset: 20n });
  });

  test('takes no redelivery, no unknown start and no topic that begins anew for a hole', () => {
    const tracker = new OffsetTracker([0, 1]);
    tracker.expectFrom(new Map([[0, 10n]]));
    expect(tracker.noteReceived(batch(0, 7, 2))).toBeUndefined();
    expect(tracker.noteReceived(batch(1, 400, 2))).toBeUndefined();
    const anew = new OffsetTracker([0]);
    anew.expectFrom(new Map([[0, 1_000n]]));
    expect(anew.noteReceived(batch(0, 0, 2))).toBeUndefined();
  });

  test('does not forget what it received when the stored offsets come later', () => {
    const tracker = new OffsetTracker([0]);
    tracker.noteReceived(batch(0, 50, 2));
    tracker.expectFrom(new Map([[0, 10n]]));
    expect(tracker.noteReceived(batch(0, 52, 1))).toBeUndefined();
  });

  test('counts as lag what is received and not applied, and what is not received yet', () => {
    const tracker = new OffsetTracker([0, 1]);
    expect(tracker.lag()).toEqual(new Map());
    tracker.noteReceived({ ...batch(0, 5, 3), highWatermark: 20n });
    expect(tracker.lag()).toEqual(new Map([[0, 15]]));
    tracker.noteApplied(0, 8n);
    expect(tracker.lag()).toEqual(new Map([[0, 12]]));
  });

  test('ignores partitions that are not assigned', () => {
    const tracker = new OffsetTracker([0]);
    tracker.noteReceived(batch(7, 0, 1));
    tracker.noteApplied(7, 1n);
    expect(tracker.uncommitted()).toEqual([]);
  });
});

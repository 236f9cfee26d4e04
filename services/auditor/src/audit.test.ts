import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DAMAGES } from '../test/damages/damages.ts';
import { buildWorld, exampleWorld, worlds } from '../test/world.ts';
import { audit } from './audit.ts';

const brokenIds = (report: ReturnType<typeof audit>): string[] =>
  report.invariants.filter(({ holds }) => holds === false).map(({ id }) => id);

describe('a platform that kept its promise', () => {
  test('is proved, whatever its orders are', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const report = audit(world);
        expect(brokenIds(report)).toEqual([]);
        expect(report).toMatchObject({ verdict: 'proved', lost: 0, duplicated: 0, altered: 0, revenueDriftCents: 0 });
      }),
    );
  });

  test('is counted', () => {
    expect(audit(exampleWorld())).toMatchObject({
      accepted: 3,
      orders: 3,
      published: 7,
      processed: 7,
      redelivered: 7,
      unacknowledged: 0,
      pending: 0,
      deadLetters: 0,
      outboxUnsent: 0,
      verdict: 'proved',
    });
  });

  test('is judged the same each time', () => {
    const world = exampleWorld();
    expect(audit(world)).toEqual(audit(world));
  });
});

describe('every single damage is seen', () => {
  test.each(DAMAGES)('$name', ({ inflict, breaks, counts }) => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, choice) => {
        inflict(world, (candidates) => candidates[choice % candidates.length]!);
        const report = audit(world);
        expect(report.verdict).toBe('broken');
        expect(brokenIds(report)).toEqual(expect.arrayContaining([...breaks]));
        expect(counts === undefined || report[counts] > 0).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('and has no name twice', () => {
    expect(new Set(DAMAGES.map(({ name }) => name)).size).toBe(DAMAGES.length);
  });
});

test('an empty platform proves nothing', () => {
  const world = buildWorld([]);
  expect(audit(world).verdict).toBe('broken');
});

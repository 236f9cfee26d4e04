import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { v7 } from 'uuid';
import { firstIdAt, idTimestampMs, isId, MAX_ID_TIMESTAMP_MS, newId } from './ids.ts';

const timestampMs = fc.integer({ min: 0, max: MAX_ID_TIMESTAMP_MS });
const idParts = fc.record({ msecs: timestampMs, random: fc.uint8Array({ minLength: 16, maxLength: 16 }) });

function idOf({ msecs, random }: { readonly msecs: number; readonly random: Uint8Array }): string {
  return v7({ msecs, random });
}

describe('newId', () => {
  test('makes ids in rising order, also many within one millisecond', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('makes UUIDs of version 7 that carry the present moment', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // The generator runs ahead of a clock that stands still or goes back, never behind it.
    expect(idTimestampMs(id)).toBeGreaterThanOrEqual(before);
  });
});

describe('idTimestampMs', () => {
  test('reads back the milliseconds that an id was made of, in either case', () => {
    fc.assert(
      fc.property(idParts, (parts) => {
        expect(idTimestampMs(idOf(parts))).toBe(parts.msecs);
        expect(idTimestampMs(idOf(parts).toUpperCase())).toBe(parts.msecs);
      }),
    );
  });

  test('reads the example of RFC 9562, appendix A.6', () => {
    expect(idTimestampMs('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')).toBe(Date.parse('2022-02-22T14:22:22-05:00'));
  });
});

describe('firstIdAt', () => {
  test('no id of its millisecond or later lies below it, and every earlier one does', () => {
    fc.assert(
      fc.property(timestampMs, idParts, (boundMs, parts) => {
        expect(idOf(parts) >= firstIdAt(boundMs)).toBe(parts.msecs >= boundMs);
      }),
    );
  });

  test('no id of the very same millisecond lies below it', () => {
    fc.assert(
      fc.property(idParts, (parts) => {
        expect(idOf(parts) >= firstIdAt(parts.msecs)).toBe(true);
      }),
    );
  });

  test('is a UUID of its moment', () => {
    fc.assert(
      fc.property(timestampMs, (moment) => {
        expect(isId(firstIdAt(moment))).toBe(true);
        expect(idTimestampMs(firstIdAt(moment))).toBe(moment);
      }),
    );
  });

  test('takes the millisecond in which a fraction lies', () => {
    expect(firstIdAt(1_700_000_000_000.9)).toBe(firstIdAt(1_700_000_000_000));
  });

  test('before 1970 is the first id of all', () => {
    expect(firstIdAt(-1)).toBe(firstIdAt(0));
  });

  test.each([NaN, Infinity, MAX_ID_TIMESTAMP_MS + 1])('refuses %p, of which no id can be', (moment) => {
    expect(() => firstIdAt(moment)).toThrow(RangeError);
  });
});

describe('isId', () => {
  test.each(['', 'x', '01931f6e-6f2a-7c3e-9d2b', '01931f6e6f2a7c3e9d2b1f0e5a4b3c2d', `${newId()} `, `{${newId()}}`])(
    'refuses %p',
    (text) => {
      expect(isId(text)).toBe(false);
    },
  );
});

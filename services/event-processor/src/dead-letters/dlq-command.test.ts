import { describe, expect, test } from '@jest/globals';
import { deadLetter } from '../../test/dead-letters.ts';
import { DlqUsageError, formatDeadLetter, parseDlqCommand } from './dlq-command.ts';

describe('parseDlqCommand', () => {
  test('reads what to do and which letters', () => {
    expect(parseDlqCommand(['list'])).toEqual({ action: 'list', isForAll: false, isDryRun: false });
    expect(parseDlqCommand(['replay', '--partition', '3', '--offset=17', '--dry-run'])).toEqual({
      action: 'replay',
      partition: 3,
      sourceOffset: 17,
      isForAll: false,
      isDryRun: true,
    });
    expect(parseDlqCommand(['replay', '--all'])).toMatchObject({ isForAll: true });
  });

  test.each([
    [[], /list or replay/],
    [['purge'], /list or replay/],
    [['list', 'replay'], /list or replay/],
    [['replay'], /--partition, --offset or --all/],
    [['replay', '--dry-run'], /--partition, --offset or --all/],
    [['replay', '--offset', 'x'], /--offset must be a whole number/],
    [['replay', '--partition=-1'], /--partition must be a whole number/],
    [['list', '--everything'], /everything/],
  ])('refuses %j', (args, reason) => {
    expect(() => parseDlqCommand(args)).toThrow(DlqUsageError);
    expect(() => parseDlqCommand(args)).toThrow(reason);
  });
});

describe('formatDeadLetter', () => {
  test('says place, time, state, key and reason', () => {
    expect(formatDeadLetter(deadLetter())).toBe(
      'partition 3  offset 17  2026-01-31T12:00:00.000Z  open  key key-1  NOT_JSON: no',
    );
    expect(formatDeadLetter(deadLetter({ replayedAt: new Date(0), key: null }))).toContain(
      'replayed 1970-01-01T00:00:00.000Z  key -  ',
    );
  });

  test('passes no control characters of a message on to the terminal', () => {
    const line = formatDeadLetter(deadLetter({ key: Buffer.from('\u001B[2J\n'), error: 'a\rb\u202E' }));
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

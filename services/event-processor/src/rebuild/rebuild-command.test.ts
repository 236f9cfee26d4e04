import { describe, expect, test } from '@jest/globals';
import { parseRebuildCommand, RebuildUsageError } from './rebuild-command.ts';

describe('parseRebuildCommand', () => {
  test('only looks, unless it is told to swap', () => {
    expect(parseRebuildCommand([])).toEqual({ action: 'rebuild', isSwap: false, lockMs: 10_000, maxRows: 20 });
    expect(parseRebuildCommand(['--swap', '--lock-seconds', '3', '--rows=7'])).toEqual({
      action: 'rebuild',
      isSwap: true,
      lockMs: 3_000,
      maxRows: 7,
    });
    expect(parseRebuildCommand(['--drop-old'])).toEqual({ action: 'drop-old' });
  });

  test.each([
    [['now'], /positional/],
    [['--force'], /force/],
    [['--lock-seconds', '0'], /--lock-seconds must be a whole number from 1 to 600/],
    [['--lock-seconds=1.5'], /--lock-seconds/],
    [['--rows', 'all'], /--rows must be a whole number/],
    [['--drop-old', '--swap'], /--drop-old stands alone/],
  ])('refuses %j', (args, reason) => {
    expect(() => parseRebuildCommand(args)).toThrow(RebuildUsageError);
    expect(() => parseRebuildCommand(args)).toThrow(reason);
  });
});

import { describe, expect, test } from '@jest/globals';
import { parseOptions, UsageError } from './options.ts';

const refusalOf = (...argv: string[]): string => {
  try {
    parseOptions(argv);
  } catch (error: unknown) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`taken: ${argv.join(' ')}`);
};

describe('parseOptions', () => {
  test('takes a name alone', () => {
    expect(parseOptions(['orders'])).toEqual({ name: 'orders', size: {} });
  });

  test('takes sizes in any position', () => {
    expect(parseOptions(['--rounds', '3', 'orders', '--seconds=2'])).toEqual({
      name: 'orders',
      size: { rounds: 3, seconds: 2 },
    });
    expect(parseOptions(['operator-soak', '--scalers', '5', '--partitions', '6', '--minutes', '2'])).toEqual({
      name: 'operator-soak',
      size: { scalers: 5, partitions: 6, minutes: 2 },
    });
    expect(parseOptions(['publisher', '--events', '1000', '--peer-events', '50'])).toEqual({
      name: 'publisher',
      size: { events: 1000, peerEvents: 50 },
    });
  });

  test('refuses, in one line, what it does not understand', () => {
    const refusals = [
      refusalOf(),
      refusalOf('order'),
      refusalOf('orders', 'publisher'),
      refusalOf('orders', '--loops', '3'),
      refusalOf('orders', '--rounds'),
      refusalOf('orders', '--rounds', '0'),
      refusalOf('orders', '--rounds', '2.5'),
      refusalOf('orders', '--rounds=-1'),
    ];
    expect(refusals.filter((message) => message === '' || message.includes('\n'))).toEqual([]);
  });

  test('names the benchmarks when the name is unknown', () => {
    expect(refusalOf('order')).toBe(
      'there is no benchmark order; there are orders, gateway, publisher, processor, growth, telemetry, capacity, overload, soak, operator-soak, console, scaling, all, page',
    );
  });

  test('refuses a size that the benchmark would ignore', () => {
    expect(refusalOf('processor', '--seconds', '3')).toBe('--seconds means nothing to processor');
    expect(refusalOf('orders', '--events', '3')).toBe('--events means nothing to orders');
  });
});

import { parseArgs } from 'node:util';

export const BENCH_NAMES = ['orders', 'publisher', 'processor', 'telemetry', 'scaling'] as const;
export type BenchName = (typeof BENCH_NAMES)[number];

/** How much is measured. What is left out is the benchmark's own choice, which is that of the bars. */
export interface BenchSize {
  /** Of `scaling`: seeds. */
  readonly rounds?: number;
  /** Length of one measurement; `orders` and `telemetry` only. */
  readonly seconds?: number;
  /** Events that our side works off in one round; `publisher` and `processor` only. */
  readonly events?: number;
  /** Events that the plain design works off in one round; `publisher` and `processor` only. */
  readonly rivalEvents?: number;
}

export interface BenchOptions {
  readonly name: BenchName;
  readonly size: BenchSize;
}

export const USAGE =
  'usage: npm run bench -- orders|telemetry [--rounds N] [--seconds S] | publisher|processor [--rounds N] [--events N] [--rival-events N] | scaling [--rounds N]';

/** The command line is not usable; the message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'BAD_USAGE';
}

/** @throws {UsageError} saying what is wrong. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false, // its own messages have several lines
    options: OPTIONS,
  });
  const [name, ...rest] = positionals;
  if (name === undefined) throw new UsageError(USAGE);
  if (!isBenchName(name)) throw new UsageError(`there is no benchmark ${name}; there are ${BENCH_NAMES.join(', ')}`);
  if (rest.length > 0) throw new UsageError(`one benchmark at a time, not also ${rest.join(' ')}`);
  const size = Object.entries(values).map(([option, value]) => [keyOf(name, option), parseCount(option, value)]);
  return { name, size: Object.fromEntries(size) };
}

const text = { type: 'string' } as const;
const OPTIONS = { rounds: text, seconds: text, events: text, 'rival-events': text };
const EVENT_SIZES = { rounds: 'rounds', events: 'events', 'rival-events': 'rivalEvents' } as const;
const SIZES: Readonly<Record<BenchName, Readonly<Record<string, keyof BenchSize>>>> = {
  orders: { rounds: 'rounds', seconds: 'seconds' },
  publisher: EVENT_SIZES,
  processor: EVENT_SIZES,
  telemetry: { rounds: 'rounds', seconds: 'seconds' },
  scaling: { rounds: 'rounds' },
};

function keyOf(name: BenchName, option: string): keyof BenchSize {
  const key = SIZES[name][option];
  if (key === undefined) throw new UsageError(`--${option} means nothing to ${name}`);
  return key;
}

function parseCount(option: string, value: unknown): number {
  if (typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`--${option} must be a whole number from 1`);
}

function isBenchName(name: string): name is BenchName {
  return (BENCH_NAMES as readonly string[]).includes(name);
}

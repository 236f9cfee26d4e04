import { parseArgs } from 'node:util';

/** Those with peers, whose rates are compared; in the order of `all`. */
export const COMPARED = ['orders', 'gateway', 'publisher', 'processor', 'growth', 'telemetry'] as const;
export type ComparedBench = (typeof COMPARED)[number];

export const BENCH_NAMES = [
  ...COMPARED,
  'capacity',
  'overload',
  'soak',
  'operator-soak',
  'console',
  'scaling',
  'all',
  'page',
] as const;
export type BenchName = (typeof BENCH_NAMES)[number];

/** How much is measured. What is left out is the benchmark's own choice, which is that of the bars. */
export interface BenchSize {
  /** Of `scaling`: seeds. */
  readonly rounds?: number;
  /** Length of one measurement. */
  readonly seconds?: number;
  /** Events that our side works off in one round. */
  readonly events?: number;
  /** Events that each peer works off in one round. */
  readonly peerEvents?: number;
  /** Of `growth`: orders in the largest table. */
  readonly orders?: number;
  /** Orders per second: of `capacity` at first, of `soak` and `console` all the time, of `overload` the capacity, which is else measured. */
  readonly rate?: number;
  /** Of `capacity`: event processors, instead of one, two and four. */
  readonly processors?: number;
  /** Of `soak` and `operator-soak`. */
  readonly minutes?: number;
  /** Of `operator-soak`: LagScalers, each with a topic and a group of its own. */
  readonly scalers?: number;
  /** Of `operator-soak`: of each topic. */
  readonly partitions?: number;
}

export interface BenchOptions {
  readonly name: BenchName;
  readonly size: BenchSize;
}

const TIMED = { rounds: 'rounds', seconds: 'seconds' } as const;
const COUNTED = { rounds: 'rounds', events: 'events', 'peer-events': 'peerEvents' } as const;

/** The options of each benchmark; any other would be ignored, and is refused. */
const SIZES: Readonly<Record<BenchName, Readonly<Record<string, keyof BenchSize>>>> = {
  orders: TIMED,
  gateway: TIMED,
  publisher: COUNTED,
  processor: COUNTED,
  growth: { ...TIMED, orders: 'orders' },
  telemetry: TIMED,
  capacity: { seconds: 'seconds', rate: 'rate', processors: 'processors' },
  overload: { seconds: 'seconds', rate: 'rate' },
  soak: { minutes: 'minutes', rate: 'rate' },
  'operator-soak': { minutes: 'minutes', scalers: 'scalers', partitions: 'partitions' },
  console: { ...TIMED, rate: 'rate' },
  scaling: { rounds: 'rounds' },
  all: { rounds: 'rounds' },
  page: {},
};

export const USAGE = `usage: npm run bench -- ${BENCH_NAMES.map(usageOf).join(' | ')}`;

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
    options: Object.fromEntries(
      Object.values(SIZES)
        .flatMap(Object.keys)
        .map((name) => [name, { type: 'string' }]),
    ),
  });
  const [name, ...rest] = positionals;
  if (name === undefined) throw new UsageError(USAGE);
  if (!isBenchName(name)) throw new UsageError(`there is no benchmark ${name}; there are ${BENCH_NAMES.join(', ')}`);
  if (rest.length > 0) throw new UsageError(`one benchmark at a time, not also ${rest.join(' ')}`);
  const size = Object.entries(values).map(([option, value]) => [keyOf(name, option), parseCount(option, value)]);
  return { name, size: Object.fromEntries(size) };
}

function usageOf(name: BenchName): string {
  return [name, ...Object.keys(SIZES[name]).map((option) => `[--${option} N]`)].join(' ');
}

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

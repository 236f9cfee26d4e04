import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios/every-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** What a run is to do. */
export interface ChaosOptions {
  readonly scenarios: readonly Scenario[];
  /** Whether that is all there are, in full size: only such a run may become docs/faults.md. */
  readonly isFull: boolean;
  readonly seed: number;
  /** Of the load, orders per second. */
  readonly ratePerSecond: number;
  /** Orders and strikes of each scenario as a part of those of a full run. */
  readonly size: { readonly orders: number; readonly strikes: number };
  /** Whether scenarios that the last run has finished are left out. */
  readonly isResumed: boolean;
}

export type Command = { readonly kind: 'help' } | { readonly kind: 'run'; readonly options: ChaosOptions };

/** The command line is not usable; the message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'BAD_USAGE';
}

const DEFAULT_SEED = 1;
const DEFAULT_RATE_PER_SECOND = 500;
const QUICK = { orders: 0.03, strikes: 0.1 };

/** @throws {UsageError} saying what is wrong. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parseWords(argv);
  if (values.help === true) return { kind: 'help' };
  const scenarios = chooseScenarios(positionals);
  const total = totalOf(scenarios);
  const base = values.quick === true ? QUICK : { orders: 1, strikes: 1 };
  const orders = parseCount('orders', values.orders);
  const strikes = parseCount('strikes', values.strikes);
  const size = {
    orders: orders === undefined ? base.orders : orders / total.orders,
    strikes: strikes === undefined ? base.strikes : strikes / total.strikes,
  };
  const options = {
    scenarios,
    isFull: scenarios.length === SCENARIOS.length && size.orders >= 1 && size.strikes >= 1,
    seed: parseCount('seed', values.seed) ?? DEFAULT_SEED,
    ratePerSecond: parseCount('rate', values.rate) ?? DEFAULT_RATE_PER_SECOND,
    size,
    isResumed: values.resume === true,
  };
  return { kind: 'run', options };
}

const text = { type: 'string' } as const;

function parseWords(argv: readonly string[]) {
  const options = {
    seed: text,
    rate: text,
    orders: text,
    strikes: text,
    quick: { type: 'boolean' },
    resume: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error: unknown) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) throw new UsageError('say which scenario, or all; --help lists them');
  if (names.includes('all')) return SCENARIOS;
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new UsageError(`there is no scenario ${unknown.join(', ')}; --help lists them`);
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

function totalOf(scenarios: readonly Scenario[]): { orders: number; strikes: number } {
  const total = { orders: 0, strikes: 0 };
  for (const { full } of scenarios) {
    total.orders += full.orders;
    total.strikes += full.strikes;
  }
  return total;
}

function parseCount(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`--${option} must be a whole number from 1`);
}

/** The text of `--help`. */
export function renderHelp(): string {
  const { orders, strikes } = totalOf(SCENARIOS);
  return [
    'Breaks a platform of this machine under load, waits for it to recover by itself, and has it audited.',
    '',
    'Usage: npm run chaos -- all|SCENARIO... [options]',
    '',
    ...SCENARIOS.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`),
    '',
    '  --seed N     what is struck and when follows from it (default 1)',
    `  --orders N   accepted orders of all chosen scenarios together (all: ${orders})`,
    `  --strikes N  strikes of all chosen scenarios together (all: ${strikes})`,
    `  --rate N     orders per second (default ${DEFAULT_RATE_PER_SECOND})`,
    '  --quick      a small part of each, some minutes for all',
    '  --resume     go on with an interrupted run of the same seed, rate and size',
    '',
    'The result is written to .local/chaos-report.json; after a full run `npm run faults-page` makes docs/faults.md of it.',
    'Exit codes: 0 nothing was violated, 1 something was, 2 bad options, 130 interrupted.',
    '',
  ].join('\n');
}

import { MAX_ITEMS } from '@orderflow/contracts/order';
import { envChoice, envHttpUrl, envInt, envNumber } from '@orderflow/service-kit/config';
import { z } from 'zod';
import { parseDurationMs } from './duration.ts';
import { PROGRESS_MODES } from './progress.ts';
import { RECEIPTS_MODES } from './receipts.ts';
import { MAX_RATE_PER_SECOND, parseStages } from './schedule.ts';
import { LATENCY_METRICS, parseSlo } from './slo.ts';

/** A setting that is given as `--name value` or in the environment as `LOADGEN_NAME`. */
export interface Option {
  /** Stands for the value in the help text. */
  readonly value: string;
  readonly default?: string;
  readonly help: string;
  readonly schema: z.ZodType<unknown, string>;
}

const MAX_DURATION_MS = 86_400_000;

/** Text that `parse` understands; it says undefined to all other. */
function parsed<T>(parse: (text: string) => T | undefined, reason: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: reason });
    return z.NEVER;
  });
}

function duration(minMs: number) {
  const inRange = (ms: number): boolean => ms >= minMs && ms <= MAX_DURATION_MS;
  return parsed(
    (text) => [parseDurationMs(text)].find((ms) => ms !== undefined && inRange(ms)),
    'must be a duration such as 500ms, 10s, 1m30s, at most 24h',
  );
}

function parseSlos(text: string) {
  const slos = text.split(',').map(parseSlo);
  return slos.every((slo) => slo !== undefined) ? slos : undefined;
}

const count = (max: number) => envInt({ min: 1, max });
const fraction = () => envNumber({ min: 0, max: 1 });

/** Every option of the command line, in the order of the help text. */
export const OPTIONS = {
  url: {
    value: 'URL',
    default: 'http://127.0.0.1:8080',
    help: 'the gateway',
    schema: envHttpUrl().transform((text) => new URL(text)),
  },
  'api-key': {
    value: 'KEY',
    help: 'a key of the shop, where the gateway asks for one (LOADGEN_API_KEY keeps it out of the process list)',
    schema: z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters'),
  },
  rate: {
    value: 'N',
    default: '1000',
    help: 'orders per second',
    schema: envNumber({ min: 0.01, max: MAX_RATE_PER_SECOND }),
  },
  stages: {
    value: 'LIST',
    help: 'rates that change on the way, instead of --rate: 0:1000,60s:3000,90s:1000',
    schema: parsed(parseStages, 'must look like 0:1000,60s:3000 (start:rate, ascending from 0, a rate above 0)'),
  },
  duration: { value: 'TIME', default: '5m', help: 'how long orders are sent, warm-up included', schema: duration(1) },
  warmup: {
    value: 'TIME',
    help: 'first part that is left out of the latencies (default: 5s, or a tenth of a short run)',
    schema: duration(0),
  },
  customers: { value: 'N', default: '5000', help: 'customers who order', schema: count(10_000_000) },
  products: { value: 'N', default: '500', help: 'products they choose from', schema: count(100_000) },
  'max-items': { value: 'N', default: '5', help: 'most lines of one order', schema: count(MAX_ITEMS) },
  payments: { value: 'FRACTION', default: '0', help: 'accepted orders that are paid', schema: fraction() },
  shipments: {
    value: 'FRACTION',
    default: '0',
    help: 'accepted orders that are shipped once paid (at most --payments)',
    schema: fraction(),
  },
  cancellations: {
    value: 'FRACTION',
    default: '0',
    help: 'accepted orders that are cancelled, paid or not, but never when shipped',
    schema: fraction(),
  },
  idempotent: {
    value: 'FRACTION',
    default: '0',
    help: 'orders with an Idempotency-Key; when one fails it is tried again, up to 3 times',
    schema: fraction(),
  },
  retries: {
    value: 'FRACTION',
    default: '0',
    help: 'orders with a key that are sent twice although they were answered',
    schema: fraction(),
  },
  connections: { value: 'N', default: '64', help: 'connections to the gateway', schema: count(10_000) },
  timeout: { value: 'TIME', default: '10s', help: 'longest wait for one answer', schema: duration(1) },
  'ready-timeout': {
    value: 'TIME',
    default: '30s',
    help: 'longest wait for the gateway to be up',
    schema: duration(0),
  },
  seed: {
    value: 'N',
    default: '42',
    help: 'the same seed gives the same orders',
    schema: envInt({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  },
  receipts: { value: 'FILE', help: 'write what clients were told, for the auditor (JSON lines)', schema: z.string() },
  'receipts-mode': {
    value: RECEIPTS_MODES.join('|'),
    default: 'replace',
    help: 'replace the receipts of an earlier load, or append to those of one that runs',
    schema: envChoice(RECEIPTS_MODES),
  },
  json: { value: 'FILE', help: 'write the report', schema: z.string() },
  slo: {
    value: 'LIST',
    help: `exit 99 unless all hold; may be repeated: 'p99<25ms', 'errors<0.1%' (${LATENCY_METRICS.join(' ')} errors)`,
    schema: parsed(parseSlos, "must look like 'p99<25ms' or 'errors<0.1%'"),
  },
  progress: {
    value: PROGRESS_MODES.join('|'),
    default: 'auto',
    help: 'how progress is shown; json: a line per second on stdout, all other text on stderr',
    schema: envChoice(PROGRESS_MODES),
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The parsed options. Those without a default may be absent. */
export type OptionValues = {
  readonly [Name in OptionName]:
    | z.output<(typeof OPTIONS)[Name]['schema']>
    | ((typeof OPTIONS)[Name] extends { readonly default: string } ? never : undefined);
};

/** `max-items` in the environment: `LOADGEN_MAX_ITEMS`. */
export function environmentKey(name: OptionName): string {
  return `LOADGEN_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** The text of `--help`. */
export function renderHelp(): string {
  const rows = OPTION_NAMES.map((name): readonly [string, string] => {
    const option: Option = OPTIONS[name];
    const fallback = option.default === undefined ? '' : ` (default ${option.default})`;
    return [`--${name} ${option.value}`, option.help + fallback];
  });
  const width = Math.min(24, Math.max(...rows.map(([usage]) => usage.length)));
  return [
    'Sends orders to the gateway at a fixed rate and measures how long customers wait.',
    '',
    'Usage: load-generator [options]',
    '',
    ...rows.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}`),
    '',
    `Each option may also be set in the environment, for example ${environmentKey('max-items')}=3.`,
    'Exit codes: 0 fine, 1 wrong answers or nothing accepted, 2 bad options, 99 an objective was missed,',
    '130/143 ended early by SIGINT/SIGTERM (what was in flight is awaited, receipts and report are written).',
    'SIGUSR2 ends a run as if its time were over.',
    '',
  ].join('\n');
}

import { parseArgs } from 'node:util';
import { ConfigError, type ConfigProblem, type Environment } from '@orderflow/service-kit/config';
import { environmentKey, OPTION_NAMES, OPTIONS, type Option, type OptionName, type OptionValues } from './options.ts';
import type { Catalogue, MixFractions } from './order-mix.ts';
import type { ProgressMode } from './progress.ts';
import type { ReceiptsMode } from './receipts.ts';
import type { Stage } from './schedule.ts';
import type { Slo } from './slo.ts';

/** What a run is to do. */
export interface LoadConfig {
  readonly target: URL;
  /** Sent with every request. */
  readonly apiKey: string | undefined;
  readonly stages: readonly Stage[];
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly catalogue: Catalogue;
  readonly fractions: MixFractions;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly readyTimeoutMs: number;
  readonly seed: number;
  readonly receiptsPath: string | undefined;
  readonly receiptsMode: ReceiptsMode;
  readonly reportPath: string | undefined;
  readonly slos: readonly Slo[];
  readonly progress: ProgressMode;
}

export type Command = { readonly kind: 'help' } | { readonly kind: 'run'; readonly config: LoadConfig };

/** Where a text came from, for messages: `--rate` or `LOADGEN_RATE`. */
interface GivenText {
  readonly text: string;
  readonly source: string;
}
type GivenTexts = ReadonlyMap<OptionName, GivenText>;

const MAX_WARMUP_MS = 5000;

/**
 * Reads the command line and the environment; the command line wins.
 *
 * @throws {ConfigError} naming every bad option at once.
 */
export function readCommand(args: readonly string[], env: Environment): Command {
  const problems: ConfigProblem[] = [];
  const fromEnvironment = readEnvironment(env, problems);
  const { isHelp, texts } = readArguments(args, problems);
  if (isHelp) return { kind: 'help' };
  const given = new Map([...fromEnvironment, ...texts]);
  const values = parseTexts(given, problems);
  if (problems.length === 0) problems.push(...contradictions(values, given));
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'run', config: toConfig(values) };
}

function readEnvironment(env: Environment, problems: ConfigProblem[]): GivenTexts {
  const given = new Map<OptionName, GivenText>();
  for (const [source, text] of Object.entries(env)) {
    if (!source.startsWith('LOADGEN_') || text === undefined || text === '') continue;
    const name = OPTION_NAMES.find((candidate) => environmentKey(candidate) === source);
    if (name === undefined) problems.push({ key: source, reason: 'is not an option' });
    else given.set(name, { text, source });
  }
  return given;
}

function readArguments(args: readonly string[], problems: ConfigProblem[]) {
  const named = Object.fromEntries(OPTION_NAMES.map((name) => [name, { type: 'string' } as const]));
  const options = { ...named, help: { type: 'boolean', short: 'h' } } as const;
  // The strict mode would stop at the first mistake.
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options });
  const texts = new Map<OptionName, GivenText>();
  let isHelp = false;
  let unknownAt = Number.NaN;
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== unknownAt + 1) {
      problems.push({ key: token.value, reason: 'is not an option' });
    }
    if (token.kind !== 'option') continue;
    const name = OPTION_NAMES.find((candidate) => candidate === token.name);
    if (token.name === 'help') isHelp = true;
    else if (name === undefined) {
      unknownAt = token.index; // what follows is its value
      problems.push({ key: token.rawName, reason: 'is not an option' });
    } else if (token.value === undefined || token.value === '') {
      problems.push({ key: token.rawName, reason: 'needs a value' });
    } else {
      const earlier = name === 'slo' ? texts.get(name) : undefined;
      const text = earlier === undefined ? token.value : `${earlier.text},${token.value}`;
      texts.set(name, { text, source: token.rawName });
    }
  }
  return { isHelp, texts };
}

function parseTexts(given: GivenTexts, problems: ConfigProblem[]): OptionValues {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const option: Option = OPTIONS[name];
    const text = given.get(name)?.text ?? option.default;
    if (text === undefined) continue;
    const parsed = option.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else problems.push({ key: given.get(name)?.source ?? name, reason: parsed.error.issues[0]?.message ?? 'is bad' });
  }
  return values as OptionValues;
}

/** Options that are fine alone and make no sense together. */
function contradictions(values: OptionValues, given: GivenTexts): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const source = (name: OptionName): string => given.get(name)?.source ?? `--${name}`;
  if (given.has('rate') && given.has('stages')) {
    problems.push({ key: source('stages'), reason: `can not be used with ${source('rate')}` });
  }
  if ((values.warmup ?? 0) >= values.duration) {
    problems.push({ key: source('warmup'), reason: `must be shorter than ${source('duration')}` });
  }
  if (values.shipments > values.payments) {
    problems.push({
      key: source('shipments'),
      reason: `must not be above ${source('payments')}: only paid orders ship`,
    });
  }
  if (values.shipments + values.cancellations > 1 + Number.EPSILON) {
    const reason = `and ${source('shipments')} must not be above 1 together: shipped orders can not be cancelled`;
    problems.push({ key: source('cancellations'), reason });
  }
  if (values.retries > 0 && values.idempotent === 0) {
    problems.push({ key: source('retries'), reason: `needs ${source('idempotent')} above 0` });
  }
  return problems;
}

function toConfig(values: OptionValues): LoadConfig {
  const { customers, products, payments, shipments, cancellations, idempotent, retries } = values;
  return {
    target: values.url,
    apiKey: values['api-key'],
    stages: values.stages ?? [{ startMs: 0, ratePerSecond: values.rate }],
    durationMs: values.duration,
    warmupMs: values.warmup ?? Math.min(MAX_WARMUP_MS, values.duration / 10),
    catalogue: { customers, products, maxItems: values['max-items'] },
    fractions: { payments, shipments, cancellations, idempotent, retries },
    connections: values.connections,
    timeoutMs: values.timeout,
    readyTimeoutMs: values['ready-timeout'],
    seed: values.seed,
    receiptsPath: values.receipts,
    receiptsMode: values['receipts-mode'],
    reportPath: values.json,
    slos: values.slo ?? [],
    progress: values.progress,
  };
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One environment variable that is missing or malformed. */
export interface ConfigProblem {
  readonly key: string;
  readonly reason: string;
}

/** The environment is not usable; the message names every bad key, so that one look is enough to mend all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(`invalid configuration: ${problems.map(({ key, reason }) => `${key} ${reason}`).join('; ')}`);
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the environment once, at start. Each key of the schema is the name of a variable; `KEY_FILE` names a file
 * that holds the value of `KEY` (mounted secrets); an empty value counts as unset. Values never appear in the error.
 *
 * @throws {ConfigError} naming all bad keys.
 */
export function readConfig<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.output<Schema> {
  const problems: ConfigProblem[] = [];
  const raw: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = readVariable(key, env, problems);
    if (value !== undefined && value !== '') raw[key] = value;
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success && problems.length === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0] ?? 'environment');
    if (problems.some((problem) => problem.key === key)) continue;
    problems.push({ key, reason: key in raw || issue.path.length === 0 ? issue.message : 'is required' });
  }
  throw new ConfigError(problems);
}

function readVariable(key: string, env: Environment, problems: ConfigProblem[]): string | undefined {
  const path = env[`${key}_FILE`];
  if (path === undefined || path === '') return env[key];
  if (env[key] !== undefined && env[key] !== '') {
    problems.push({ key, reason: `is set twice: as ${key} and as ${key}_FILE` });
    return undefined;
  }
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error: unknown) {
    problems.push({ key, reason: `cannot be read from ${key}_FILE (${(error as NodeJS.ErrnoException).code})` });
    return undefined;
  }
}

/** A whole number within bounds. */
export function envInt(bounds: { readonly min: number; readonly max: number }) {
  const reason = `must be a whole number from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .regex(/^-?\d+$/, reason)
    .transform(Number)
    .pipe(z.number(reason).min(bounds.min, reason).max(bounds.max, reason));
}

/** A number within bounds, decimals allowed. */
export function envNumber(bounds: { readonly min: number; readonly max: number }) {
  const reason = `must be a number from ${bounds.min} to ${bounds.max}`;
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, reason)
    .transform(Number)
    .pipe(z.number(reason).min(bounds.min, reason).max(bounds.max, reason));
}

const TRUE_WORDS = new Set(['true', '1', 'on', 'yes']);
const FALSE_WORDS = new Set(['false', '0', 'off', 'no']);

/** true/false, 1/0, on/off or yes/no. */
export function envBool() {
  return z
    .string()
    .refine((text) => TRUE_WORDS.has(text) || FALSE_WORDS.has(text), 'must be true or false')
    .transform((text) => TRUE_WORDS.has(text));
}

/** One of a few words. */
export function envChoice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** An http:// or https:// URL. */
export function envHttpUrl() {
  return z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
}

/** A duration in whole milliseconds, at most a day. */
export function envDurationMs() {
  return envInt({ min: 1, max: 86_400_000 });
}

/** A TCP port; 0 lets the system choose. */
export function envPort() {
  return envInt({ min: 0, max: 65_535 });
}

/** What every process reads. */
export const processEnv = {
  LOG_LEVEL: envChoice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ADMIN_HOST: z.string().default('0.0.0.0'),
  ADMIN_PORT: envPort().default(9090),
  /** How long a stopping process may finish its work before it is cut off. */
  SHUTDOWN_DEADLINE_MS: envDurationMs().default(20_000),
};

/** What every process with a public HTTP port reads. */
export const httpEnv = {
  HTTP_HOST: z.string().default('0.0.0.0'),
  HTTP_PORT: envPort().default(8080),
};

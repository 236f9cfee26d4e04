import { ConfigError } from '../config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What decides about a trace: the share of all, and whether a caller's decision counts. */
export interface SamplerPlan {
  /** 0 none, 1 all. */
  readonly ratio: number;
  readonly followsParent: boolean;
}

export type TelemetryPlan = { readonly kind: 'off' } | { readonly kind: 'on'; readonly sampler: SamplerPlan };

/**
 * Whether log lines are sent over OTLP as well, beside stdout: OTEL_LOGS_EXPORTER must say so. In the specification otlp
 * is the default, which would send logs to collectors that keep none.
 */
export function planLogs(env: Environment): { readonly sendsLogs: boolean } {
  return { sendsLogs: env['OTEL_LOGS_EXPORTER']?.trim() === 'otlp' };
}

/**
 * Telemetry is on when somebody listens: an OTLP endpoint, or another exporter, was named and OTEL_SDK_DISABLED is not
 * true. So a process without any OTEL_* variable does nothing and says nothing.
 *
 * @throws {ConfigError} naming what is malformed among the variables of the sampler; the specification would fall back.
 */
export function planTelemetry(env: Environment): TelemetryPlan {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true' || !hasListener(env)) return { kind: 'off' };
  return { kind: 'on', sampler: planSampler(env) };
}

function hasListener(env: Environment): boolean {
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim() ?? '';
  if (exporter === 'none') return false;
  if (exporter !== '' && exporter !== 'otlp') return true;
  return [env['OTEL_EXPORTER_OTLP_ENDPOINT'], env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']].some(
    (endpoint) => endpoint !== undefined && endpoint.trim() !== '',
  );
}

const PARENT_BASED = 'parentbased_';
const FIXED_RATIOS: Readonly<Record<string, number>> = { always_on: 1, always_off: 0 };

function planSampler(env: Environment): SamplerPlan {
  const name = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  const followsParent = name.startsWith(PARENT_BASED);
  const kind = followsParent ? name.slice(PARENT_BASED.length) : name;
  const fixed = FIXED_RATIOS[kind];
  if (fixed !== undefined) return { ratio: fixed, followsParent };
  if (kind !== 'traceidratio') {
    const reason = 'must be always_on, always_off or traceidratio, with or without parentbased_ before it';
    throw new ConfigError([{ key: 'OTEL_TRACES_SAMPLER', reason }]);
  }
  const argument = env['OTEL_TRACES_SAMPLER_ARG']?.trim();
  const ratio = argument === undefined || argument === '' ? 1 : Number(argument);
  if (ratio >= 0 && ratio <= 1) return { ratio, followsParent };
  throw new ConfigError([{ key: 'OTEL_TRACES_SAMPLER_ARG', reason: 'must be a number from 0 to 1' }]);
}

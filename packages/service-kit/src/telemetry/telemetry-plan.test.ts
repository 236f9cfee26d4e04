import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../config.ts';
import { planLogs, planTelemetry } from './telemetry-plan.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('planTelemetry', () => {
  test.each([
    ['nothing is set', {}],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['the SDK is disabled', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
    ['no exporter is wanted', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
    ['it was only said how to sample', { OTEL_TRACES_SAMPLER: 'always_on' }],
  ])('is off when %s', (_case, env) => {
    expect(planTelemetry(env)).toEqual({ kind: 'off' });
  });

  test.each([
    ['an endpoint', endpoint],
    ['an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
    ['another exporter', { OTEL_TRACES_EXPORTER: 'console' }],
    ['an endpoint and an SDK that is not disabled', { ...endpoint, OTEL_SDK_DISABLED: 'false' }],
  ])('is on with %s', (_case, env) => {
    expect(planTelemetry(env)).toEqual({ kind: 'on', sampler: { ratio: 1, followsParent: true } });
  });

  test.each([
    ['always_on', undefined, { ratio: 1, followsParent: false }],
    ['always_off', undefined, { ratio: 0, followsParent: false }],
    ['traceidratio', '0.25', { ratio: 0.25, followsParent: false }],
    ['parentbased_always_off', undefined, { ratio: 0, followsParent: true }],
    ['parentbased_traceidratio', '0.1', { ratio: 0.1, followsParent: true }],
    ['parentbased_traceidratio', undefined, { ratio: 1, followsParent: true }],
  ])('samples by %s %s', (name, argument, sampler) => {
    const env = { ...endpoint, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
    expect(planTelemetry(env)).toEqual({ kind: 'on', sampler });
  });

  test.each([
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10%' }, 'OTEL_TRACES_SAMPLER_ARG'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'OTEL_TRACES_SAMPLER_ARG'],
  ])('refuses %j instead of sampling everything', (env, key) => {
    expect(() => planTelemetry({ ...endpoint, ...env })).toThrow(ConfigError);
    expect(() => planTelemetry({ ...endpoint, ...env })).toThrow(key);
  });
});

test.each([
  [{}, false],
  [endpoint, false],
  [{ ...endpoint, OTEL_LOGS_EXPORTER: 'none' }, false],
  [{ ...endpoint, OTEL_LOGS_EXPORTER: 'otlp' }, true],
])('with %j logs are sent: %s', (env, sendsLogs) => {
  expect(planLogs(env)).toEqual({ sendsLogs });
});

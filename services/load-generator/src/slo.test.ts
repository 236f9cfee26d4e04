import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { judgeSlo, LATENCY_METRICS, parseSlo, type Slo } from './slo.ts';

const latencyMs = { p50: 1, p90: 2, p95: 3, p99: 25, p999: 40, max: 50 };

function slo(expression: string): Slo {
  const parsed = parseSlo(expression);
  if (parsed === undefined) throw new Error(`cannot parse ${expression}`);
  return parsed;
}

describe('parseSlo', () => {
  test('reads every latency metric with any duration', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LATENCY_METRICS), fc.constantFrom('<', '<='), fc.nat(), (metric, operator, ms) => {
        const expression = `${metric}${operator}${ms}ms`;
        expect(parseSlo(expression)).toEqual({ expression, metric, inclusive: operator === '<=', limit: ms });
      }),
    );
  });

  test.each([
    ['max<1.5s', 'max', 1500],
    [' p99 < 25ms ', 'p99', 25],
    ['errors<0.1%', 'errors', 0.001],
    ['errors<=0', 'errors', 0],
    ['errors<0.05', 'errors', 0.05],
  ])('reads "%s"', (expression, metric, limit) => {
    expect(parseSlo(expression)).toMatchObject({ metric, limit });
  });

  test.each([
    '',
    'p99',
    'p99<',
    'p99<25',
    'p99<25%',
    'p98<25ms',
    'p99>25ms',
    'p99=25ms',
    'errors<5ms',
    'errors<101%',
    'errors<2',
    'errors<-1',
    'p99<25ms<30ms',
  ])('does not read "%s"', (expression) => {
    expect(parseSlo(expression)).toBeUndefined();
  });
});

describe('judgeSlo', () => {
  test('a value at the limit misses < and meets <=', () => {
    const measured = { latencyMs, errors: 0 };
    expect(judgeSlo(slo('p99<25ms'), measured)).toEqual({ expression: 'p99<25ms', actual: 25, met: false });
    expect(judgeSlo(slo('p99<=25ms'), measured).met).toBe(true);
    expect(judgeSlo(slo('p99<25.001ms'), measured).met).toBe(true);
  });

  test('looks at the metric that it names', () => {
    for (const metric of LATENCY_METRICS) {
      expect(judgeSlo(slo(`${metric}<1s`), { latencyMs, errors: 0 }).actual).toBe(latencyMs[metric]);
    }
  });

  test('an error rate is compared as a fraction', () => {
    expect(judgeSlo(slo('errors<0.1%'), { latencyMs, errors: 0.0009 }).met).toBe(true);
    expect(judgeSlo(slo('errors<0.1%'), { latencyMs, errors: 0.001 }).met).toBe(false);
  });

  test('a run without a measurement does not meet a latency objective', () => {
    expect(judgeSlo(slo('p99<25ms'), { latencyMs: undefined, errors: 0 })).toMatchObject({ actual: null, met: false });
  });
});

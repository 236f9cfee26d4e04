import { expect, test } from '@jest/globals';
import { parseSelectors, substitute, variablesOf } from './promql.ts';

test.each([
  ['up', ['up']],
  ['sum by (pod, le) (rate(wait_seconds_bucket{job="a", le=~"5|5[.]0"}[$__rate_interval]))', ['wait_seconds_bucket']],
  ['1 - sum(rate(bad_total[5m])) / sum(rate(all_total{status!~"5.."}[5m]))', ['bad_total', 'all_total']],
  ['a_total unless on (pod) b_total offset 5m', ['a_total', 'b_total']],
  ['topk(10, max by (product) (units{namespace=~"$namespace"}))', ['units']],
  ['time() - start_seconds{text="not{a}metric"}', ['start_seconds']],
])('finds the metrics of %s', (expr, metrics) => {
  expect(parseSelectors(expr).map(({ metric }) => metric)).toEqual(metrics);
});

test('finds the labels that select, and not those that group', () => {
  expect(parseSelectors('sum by (pod) (depth{job="a", queue!="b"})')).toEqual([
    { metric: 'depth', labels: ['job', 'queue'] },
  ]);
});

test('puts values in place of variables, in both of their forms', () => {
  const expr = 'rate(a_total{namespace=~"$namespace", pod=~"${pod}"}[$__rate_interval])';
  expect(variablesOf(expr)).toEqual(['namespace', 'pod', '__rate_interval']);
  const values = { namespace: '.*', pod: 'a|b', __rate_interval: '20s' };
  expect(substitute(expr, values)).toBe('rate(a_total{namespace=~".*", pod=~"a|b"}[20s])');
  expect(() => substitute('$job', values)).toThrow('nothing is known for $job');
});

import { expect, test } from '@jest/globals';
import { parseExposition, samplesOf, sumOf } from './exposition.ts';

const TEXT = `# HELP x_total Things.
# TYPE x_total counter
x_total{result="sent",topic="a}b"} 3
x_total{result="refused"} 1
y_bucket{le="+Inf"} 7 # {trace_id="abc"} 0.3 1700000000
plain 2.5
broken what
# EOF
`;

test('reads names, labels and values, and leaves exemplars out', () => {
  const exposition = parseExposition(TEXT);
  expect(samplesOf(exposition, { name: 'y_bucket' })).toEqual([{ labels: { le: '+Inf' }, value: 7 }]);
  expect(samplesOf(exposition, { name: 'plain' })).toEqual([{ labels: {}, value: 2.5 }]);
  expect(samplesOf(exposition, { name: 'x_total', labels: { result: 'refused' } })).toHaveLength(1);
});

test('sums what has the wanted labels, and knows nothing of what is not there', () => {
  const exposition = parseExposition(TEXT);
  expect(sumOf(exposition, { name: 'x_total' })).toBe(4);
  expect(sumOf(exposition, { name: 'x_total', labels: { result: 'sent' } })).toBe(3);
  expect(sumOf(exposition, { name: 'broken' })).toBeUndefined();
});

import { expect, test } from '@jest/globals';
import { parseOtlpSpans } from './otlp-spans.ts';

const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'POST /orders', kind: 2, attributes: [] };

test('a span keeps everything it came with, and gains its service and library', () => {
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'api-gateway' } }] },
        scopeSpans: [{ scope: { name: 'http' }, spans: [span, { ...span, name: 'second' }] }],
      },
    ],
  };
  expect(parseOtlpSpans(body)).toEqual([
    { service: 'api-gateway', scope: 'http', ...span },
    { service: 'api-gateway', scope: 'http', ...span, name: 'second' },
  ]);
});

test('what says nothing about itself is taken all the same', () => {
  expect(parseOtlpSpans({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).toMatchObject([
    { service: 'unknown', scope: '' },
  ]);
  expect(parseOtlpSpans({})).toEqual([]);
});

test.each([[[]], ['text'], [{ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'without ids' }] }] }] }]])(
  'refuses %j',
  (body) => {
    expect(() => parseOtlpSpans(body)).toThrow(/expected/);
  },
);

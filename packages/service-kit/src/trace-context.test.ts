import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  parseSampledTraceparent,
  childTraceContext,
  formatTraceparent,
  newTraceContext,
  parseTraceparent,
} from './trace-context.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

const hexOf = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => /[^0]/.test(text));
const context = fc.record({ traceId: hexOf(32), spanId: hexOf(16), sampled: fc.boolean() });

describe('parseTraceparent', () => {
  test('reads the examples of the specification', () => {
    expect(parseTraceparent(`00-${TRACE_ID}-${SPAN_ID}-01`)).toEqual({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      sampled: true,
    });
    expect(parseTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00')).toEqual({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      sampled: false,
    });
  });

  test('takes only the sampled bit of the flags', () => {
    expect(parseTraceparent(`00-${TRACE_ID}-${SPAN_ID}-03`)?.sampled).toBe(true);
    expect(parseTraceparent(`00-${TRACE_ID}-${SPAN_ID}-fe`)?.sampled).toBe(false);
  });

  test('reads what it knows of a later version', () => {
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01`)?.traceId).toBe(TRACE_ID);
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01-what-the-future-will-be-like`)?.spanId).toBe(SPAN_ID);
  });

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['another text', 'trace me'],
    ['the forbidden version', `ff-${TRACE_ID}-${SPAN_ID}-01`],
    ['a version that is no number', `.0-${TRACE_ID}-${SPAN_ID}-01`],
    ['a version without its zero', `0-${TRACE_ID}-${SPAN_ID}-01`],
    ['more than version 00 has', `00-${TRACE_ID}-${SPAN_ID}-01-more`],
    ['more without a dash, in a later version', `cc-${TRACE_ID}-${SPAN_ID}-01.more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    ['a short trace id', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
    ['a long span id', `00-${TRACE_ID}-${SPAN_ID}0-01`],
    ['flags that are no number', `00-${TRACE_ID}-${SPAN_ID}-0x`],
    ['no flags', `00-${TRACE_ID}-${SPAN_ID}`],
    ['a line break at its end', `00-${TRACE_ID}-${SPAN_ID}-01\n`],
    ['two of them', `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`],
  ])('refuses %s', (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  test('gives back what was formatted', () => {
    fc.assert(
      fc.property(context, (given) => {
        expect(parseTraceparent(formatTraceparent(given))).toEqual(given);
      }),
    );
  });

  test('never throws, and what it takes it can format', () => {
    const almost = context
      .map(formatTraceparent)
      .chain((header) => fc.tuple(fc.constant(header), fc.nat(header.length), fc.string({ maxLength: 3 })))
      .map(([header, at, noise]) => header.slice(0, at) + noise + header.slice(at + noise.length));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (header) => {
        const parsed = parseTraceparent(header);
        expect(parsed === undefined || parseTraceparent(formatTraceparent(parsed)) !== undefined).toBe(true);
      }),
    );
  });
});

describe('new contexts', () => {
  test('are valid, and no two of thousands share a trace or a span', () => {
    const contexts = Array.from({ length: 2_000 }, newTraceContext);
    for (const each of contexts) expect(parseTraceparent(formatTraceparent(each))).toEqual(each);
    expect(new Set(contexts.map(({ traceId }) => traceId)).size).toBe(contexts.length);
    expect(new Set(contexts.map(({ spanId }) => spanId)).size).toBe(contexts.length);
  });

  test('a child stays in its trace, with a span of its own', () => {
    fc.assert(
      fc.property(context, (parent) => {
        const child = childTraceContext(parent);
        expect(child).toEqual({ ...parent, spanId: expect.not.stringMatching(parent.spanId) });
        expect(parseTraceparent(formatTraceparent(child))).toEqual(child);
      }),
    );
  });
});

test('a trace that is not recorded is passed over by its flags', () => {
  const recorded = newTraceContext();
  const header = formatTraceparent(recorded);
  expect(parseSampledTraceparent(header, 'vendor=1')).toEqual({ ...recorded, tracestate: 'vendor=1' });
  for (const flags of ['00', '02', 'fe'])
    expect(parseSampledTraceparent(`${header.slice(0, -2)}${flags}`)).toBeUndefined();
  for (const none of [null, undefined, '', '01', `${header}1`]) expect(parseSampledTraceparent(none)).toBeUndefined();
});

import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { valuesOf } from '../test/arbitrary-json.ts';
import { createValidator } from '../test/validator.ts';
import { findBreakingChanges, type JsonSchema } from './breaking-changes.ts';

const FROZEN: JsonSchema = {
  $ref: '#/$defs/Event',
  $defs: {
    Event: {
      type: 'object',
      properties: {
        eventId: { type: 'string', format: 'uuid' },
        status: { type: 'string', enum: ['CREATED', 'PAID'] },
        version: { type: 'number', const: 1 },
        total: { type: 'number' },
        sequence: { type: 'integer', minimum: 1, maximum: 10 },
        note: { type: 'string', maxLength: 5, pattern: '^a' },
        items: { type: 'array', minItems: 1, items: { $ref: '#/$defs/Item' } },
        coupon: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['eventId', 'status', 'version', 'total', 'sequence', 'items'],
    },
    Item: {
      type: 'object',
      properties: { price: { type: 'number', minimum: 0 } },
      required: ['price'],
    },
  },
};

/** The frozen schema with its event changed. */
function withEvent(change: (event: Record<string, JsonSchema>, required: readonly string[]) => object): JsonSchema {
  const { Event, Item } = FROZEN.$defs as { Event: JsonSchema; Item: JsonSchema };
  const { properties = {}, required = [] } = Event;
  return {
    ...FROZEN,
    $defs: { Item, Event: { ...Event, properties, required, ...change({ ...properties }, required) } },
  };
}

function withField(name: string, schema: JsonSchema): JsonSchema {
  return withEvent((properties) => ({ properties: { ...properties, [name]: schema } }));
}

function without(name: string): JsonSchema {
  return withEvent((properties, required) => ({
    properties: Object.fromEntries(Object.entries(properties).filter(([field]) => field !== name)),
    required: required.filter((field) => field !== name),
  }));
}

const ITEM_WITH_MORE: JsonSchema = {
  type: 'object',
  properties: { price: { type: 'number', minimum: 0 }, gift: { type: 'boolean' } },
  required: ['price', 'gift'],
};

describe('older readers take', () => {
  test.each<[string, JsonSchema]>([
    ['the same schema', FROZEN],
    ['a new optional field', withField('channel', { type: 'string' })],
    [
      'a new field that is always there',
      withEvent((properties, required) => ({
        properties: { ...properties, channel: { type: 'string' } },
        required: [...required, 'channel'],
      })),
    ],
    ['an optional field that is always there now', withEvent((_, required) => ({ required: [...required, 'note'] }))],
    ['an optional field that is never there now', without('note')],
    ['an enum that lost a value', withField('status', { type: 'string', enum: ['CREATED'] })],
    ['a constant where an enum was', withField('status', { type: 'string', const: 'PAID' })],
    ['an integer where a number was', withField('total', { type: 'integer' })],
    ['narrower bounds', withField('sequence', { type: 'integer', minimum: 2, maximum: 9 })],
    ['a bound where none was', withField('total', { type: 'number', minimum: 0 })],
    ['a shorter text', withField('note', { type: 'string', maxLength: 4, pattern: '^a' })],
    ['a field that is no longer null', withField('coupon', { type: 'string' })],
    ['types listed in another way', withField('coupon', { type: ['null', 'string'] })],
    ['more fields in the elements', withField('items', { type: 'array', minItems: 2, items: ITEM_WITH_MORE })],
    ['other words about it', { ...FROZEN, title: 'Event', description: 'What happened' }],
    ['a schema without references', { ...FROZEN.$defs?.['Event'], $defs: { Item: FROZEN.$defs?.['Item'] ?? {} } }],
    ['a schema that is closed now', withEvent(() => ({ additionalProperties: false }))],
  ])('%s', (_, current) => {
    expect(findBreakingChanges(FROZEN, current)).toEqual([]);
  });
});

describe('older readers break at', () => {
  test.each<[string, string, JsonSchema]>([
    ['/total', 'a required field that is gone', without('total')],
    [
      '/total',
      'a required field that may be missing now',
      withEvent((_, required) => ({ required: required.filter((name) => name !== 'total') })),
    ],
    [
      '/status',
      'an enum that gained a value',
      withField('status', { type: 'string', enum: ['CREATED', 'PAID', 'LOST'] }),
    ],
    ['/status', 'an enum that became any text', withField('status', { type: 'string' })],
    ['/version', 'another version', withField('version', { type: 'number', const: 2 })],
    ['/total', 'another type', withField('total', { type: 'string' })],
    ['/total', 'a field that may be null now', withField('total', { anyOf: [{ type: 'number' }, { type: 'null' }] })],
    ['/total', 'one more type', withField('total', { type: ['number', 'string'] })],
    ['/total', 'a field that may be anything now', withField('total', {})],
    ['/sequence', 'a number where an integer was', withField('sequence', { type: 'number', minimum: 1, maximum: 10 })],
    ['/sequence', 'a lower bound that went down', withField('sequence', { type: 'integer', minimum: 0, maximum: 10 })],
    ['/sequence', 'an upper bound that is gone', withField('sequence', { type: 'integer', minimum: 1 })],
    ['/note', 'a longer text', withField('note', { type: 'string', maxLength: 6, pattern: '^a' })],
    ['/note', 'another pattern', withField('note', { type: 'string', maxLength: 5, pattern: '^b' })],
    ['/note', 'an optional field of another type', withField('note', { type: 'boolean' })],
    ['/eventId', 'a format that is gone', withField('eventId', { type: 'string' })],
    ['/coupon', 'a third alternative', withField('coupon', { type: ['string', 'null', 'boolean'] })],
    ['/items', 'a list that may be empty now', withField('items', { type: 'array', items: { $ref: '#/$defs/Item' } })],
    [
      '/items/*',
      'a list of something else',
      withField('items', { type: 'array', minItems: 1, items: { type: 'string' } }),
    ],
    ['/items/*', 'a list of anything', withField('items', { type: 'array', minItems: 1 })],
    [
      '/items/*/price',
      'an element whose field may be missing',
      withField('items', { type: 'array', minItems: 1, items: { ...ITEM_WITH_MORE, required: ['gift'] } }),
    ],
  ])('%s, %s', (at, _, current) => {
    expect(findBreakingChanges(FROZEN, current)).toEqual([{ at, reason: expect.any(String) }]);
  });

  test('every change, not only the first', () => {
    const current = withEvent(() => ({ required: [] }));
    expect(findBreakingChanges(FROZEN, current).map(({ at }) => at)).toEqual([
      '/eventId',
      '/status',
      '/version',
      '/total',
      '/sequence',
      '/items',
    ]);
  });

  test('a new field where the frozen schema is closed', () => {
    const closed = withEvent(() => ({ additionalProperties: false }));
    expect(findBreakingChanges(closed, withField('channel', { type: 'string' }))).toEqual([
      { at: '/channel', reason: 'is new, and readers refuse what they do not know' },
    ]);
  });

  test('the values of a map that are of another type', () => {
    const map = (type: string): JsonSchema => ({ type: 'object', additionalProperties: { type } });
    expect(findBreakingChanges(map('number'), map('integer'))).toEqual([]);
    expect(findBreakingChanges(map('integer'), map('number'))).toEqual([
      { at: '/*', reason: 'was "integer" and is "number"' },
    ]);
  });
});

describe('schemas that cannot be compared', () => {
  test('a reference that leads nowhere', () => {
    expect(() => findBreakingChanges(FROZEN, { $ref: '#/$defs/Gone' })).toThrow('leads nowhere');
  });

  test('a schema that contains itself', () => {
    const tree: JsonSchema = {
      $ref: '#/$defs/Tree',
      $defs: { Tree: { type: 'object', properties: { left: { $ref: '#/$defs/Tree' } } } },
    };
    expect(() => findBreakingChanges(tree, tree)).toThrow('contains itself');
  });
});

describe('against a real validator', () => {
  const bounds = fc.record(
    { minimum: fc.integer({ min: -2, max: 2 }), maximum: fc.integer({ min: 3, max: 5 }) },
    { requiredKeys: [] },
  );
  const lengths = fc.record({ minLength: fc.nat(2), maxLength: fc.integer({ min: 2, max: 4 }) }, { requiredKeys: [] });
  const scalar: fc.Arbitrary<JsonSchema> = fc.oneof(
    bounds.map((keywords) => ({ type: 'integer', ...keywords })),
    bounds.map((keywords) => ({ type: 'number', ...keywords })),
    lengths.map((keywords) => ({ type: 'string', ...keywords })),
    fc.constantFrom<JsonSchema>({ type: 'boolean' }, { type: 'null' }, { type: 'string', const: 'a' }, {}),
    fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
      .map((values) => ({ type: 'string', enum: values })),
  );
  const { schema } = fc.letrec<{ schema: JsonSchema; object: JsonSchema; array: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      scalar,
      tie('object'),
      tie('array'),
      fc.array(scalar, { minLength: 1, maxLength: 2 }).map((anyOf) => ({ anyOf })),
    ),
    array: fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(1) }),
    object: fc
      .record({
        fields: fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('schema'), { maxKeys: 3, noNullPrototype: true }),
        isRequired: fc.func(fc.boolean()),
        isClosed: fc.boolean(),
      })
      .map(({ fields, isRequired, isClosed }) => ({
        type: 'object',
        properties: fields,
        required: Object.keys(fields).filter((name) => isRequired(name)),
        ...(isClosed ? { additionalProperties: false } : {}),
      })),
  }));
  /** Two schemas that have much in common: else hardly any pair would be compatible. */
  const pair = fc.tuple(schema, schema, fc.boolean()).map(([frozen, other, isSame]) => ({
    frozen: { type: 'object', properties: { a: frozen, b: other } } satisfies JsonSchema,
    current: {
      type: 'object',
      properties: { a: isSame ? frozen : other, c: other },
      required: ['a'],
    } satisfies JsonSchema,
  }));

  test('what is called compatible is taken by the frozen schema', () => {
    fc.assert(
      fc.property(pair, fc.infiniteStream(fc.noBias(fc.nat())), ({ frozen, current }, seeds) => {
        fc.pre(findBreakingChanges(frozen, current).length === 0);
        const validate = createValidator(frozen);
        for (const message of fc.sample(valuesOf(current), { seed: seeds.next().value, numRuns: 10 })) {
          expect(validate(message)).toEqual([]);
        }
      }),
    );
  });

  test('every schema is compatible with itself', () => {
    fc.assert(
      fc.property(schema, (same) => {
        expect(findBreakingChanges(same, same)).toEqual([]);
      }),
    );
  });
});

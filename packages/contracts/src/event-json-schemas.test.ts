import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { valuesOf } from '../test/arbitrary-json.ts';
import { createValidator } from '../test/validator.ts';
import { findBreakingChanges, type JsonSchema } from './breaking-changes.ts';
import { eventJsonSchema, eventSchemaFiles, SCHEMAS_DIRECTORY } from './event-json-schemas.ts';
import { EVENT_SCHEMAS, EVENT_TYPES, EVENT_VERSION, type EventType } from './events.ts';
import { MAX_PRICE_CENTS } from './money.ts';
import { MAX_ITEMS } from './order.ts';

const FROZEN_DIRECTORY = new URL('frozen/', SCHEMAS_DIRECTORY);

function readJson(file: URL): JsonSchema {
  return JSON.parse(readFileSync(file, 'utf8')) as JsonSchema;
}

function jsonFilesOf(directory: URL): string[] {
  return readdirSync(directory).filter((name) => name.endsWith('.json'));
}

interface Baseline {
  /** Such as `v1` or `v1.1`. */
  readonly name: string;
  readonly schemas: ReadonlyMap<string, JsonSchema>;
}

/** What released readers of the current version were built against. */
function readBaselines(): Baseline[] {
  const names = readdirSync(FROZEN_DIRECTORY).filter((name) => name.split('.')[0] === `v${EVENT_VERSION}`);
  return names.map((name) => {
    const directory = new URL(`${name}/`, FROZEN_DIRECTORY);
    const schemas = jsonFilesOf(directory).map(
      (file) => [file.replace('.json', ''), readJson(new URL(file, directory))] as const,
    );
    return { name, schemas: new Map(schemas) };
  });
}

const BASELINES = readBaselines();
/** Every frozen schema whose event type still exists. */
const FROZEN = BASELINES.flatMap(({ name, schemas }) =>
  EVENT_TYPES.flatMap((type): [string, EventType, JsonSchema][] => {
    const schema = schemas.get(type);
    return schema === undefined ? [] : [[name, type, schema]];
  }),
);

describe('the schema files', () => {
  test('are in step with the code (else: npm run schemas)', () => {
    const written = jsonFilesOf(SCHEMAS_DIRECTORY).map((name) => [name, readJson(new URL(name, SCHEMAS_DIRECTORY))]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(eventSchemaFiles()));
  });

  test.each(EVENT_TYPES)('%s compiles in a strict validator and takes whatever the type describes', (type) => {
    const validate = createValidator(eventJsonSchema(type));
    fc.assert(
      fc.property(valuesOf(eventJsonSchema(type)), (event) => {
        expect(validate(event)).toEqual([]);
        expect(EVENT_SCHEMAS[type].safeParse(event).error).toBeUndefined();
      }),
    );
  });

  test.each(EVENT_TYPES)('%s lets fields pass that it does not know', (type) => {
    const validate = createValidator(eventJsonSchema(type));
    const [event] = fc.sample(valuesOf(eventJsonSchema(type)), 1) as [object];
    expect(validate({ ...event, channel: 'web' })).toEqual([]);
  });

  test('take every price, also those that doubles cannot divide by 0.01', () => {
    const validate = createValidator(eventJsonSchema('ORDER_CREATED'));
    const [event] = fc.sample(valuesOf(eventJsonSchema('ORDER_CREATED')), 1) as [object];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_PRICE_CENTS }), (cents) => {
        const items = [{ productId: 'p', quantity: 1, price: cents / 100 }];
        expect(validate({ ...event, items })).toEqual([]);
      }),
      { examples: [[1999], [435]] },
    );
  });

  test('take the largest order', () => {
    const validate = createValidator(eventJsonSchema('ORDER_CREATED'));
    const [event] = fc.sample(valuesOf(eventJsonSchema('ORDER_CREATED')), 1) as [object];
    const item = { productId: 'p'.repeat(64), quantity: 1000, price: MAX_PRICE_CENTS / 100 };
    expect(validate({ ...event, items: Array.from({ length: MAX_ITEMS }, () => item) })).toEqual([]);
  });
});

describe('readers that were built against a frozen schema', () => {
  test('exist for the current version', () => {
    expect(BASELINES.map(({ name }) => name)).toContain(`v${EVENT_VERSION}`);
  });

  test.each(BASELINES.map(({ name, schemas }) => [name, schemas] as const))(
    '%s know every event type, and none of theirs is gone',
    (_, schemas) => {
      expect([...schemas.keys()].toSorted()).toEqual(EVENT_TYPES.toSorted());
    },
  );

  test.each(FROZEN)('%s of %s take what this version writes', (_, type, frozen) => {
    expect(findBreakingChanges(frozen, eventJsonSchema(type))).toEqual([]);
  });

  test.each(FROZEN)('%s of %s take any event that this version may write', (_, type, frozen) => {
    const validate = createValidator(frozen);
    fc.assert(
      fc.property(valuesOf(eventJsonSchema(type)), (event) => {
        expect(validate(event)).toEqual([]);
      }),
    );
  });

  test.each(FROZEN)('%s of %s: this version takes what older writers left in the topic', (_, type, frozen) => {
    expect(findBreakingChanges(eventJsonSchema(type), frozen)).toEqual([]);
    fc.assert(
      fc.property(valuesOf(frozen), (event) => {
        expect(EVENT_SCHEMAS[type].safeParse(event).error).toBeUndefined();
      }),
    );
  });
});

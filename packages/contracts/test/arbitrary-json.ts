import * as fc from 'fast-check';
import type { JsonSchema } from '../src/breaking-changes.ts';

/** Values that a writer of the schema sends: every field that it declares and may leave out is sometimes left out. */
export function valuesOf(schema: JsonSchema, root: JsonSchema = schema): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, ...rest } = schema;
  if ($ref !== undefined) return valuesOf({ ...resolve($ref, root), ...rest }, root);
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) return fc.oneof(...branches.map((branch) => valuesOf({ ...rest, ...branch }, root)));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const { type } = schema;
  if (typeof type === 'object') return fc.oneof(...type.map((single) => valuesOf({ ...schema, type: single }, root)));
  return valuesOfType(schema, root);
}

function resolve($ref: string, root: JsonSchema): JsonSchema {
  const target = root.$defs?.[$ref.replace('#/$defs/', '')];
  if (target === undefined) throw new Error(`the reference ${$ref} leads nowhere`);
  return target;
}

function valuesOfType(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'object':
      return objectsOf(schema, root);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, root), {
        minLength: bound(schema, 'minItems', 0),
        maxLength: Math.min(bound(schema, 'maxItems', Infinity), bound(schema, 'minItems', 0) + 3),
      });
    case 'string':
      return stringsOf(schema);
    case 'integer':
      return fc.integer({ min: lowest(schema, 1), max: highest(schema, 1) });
    case 'number': // with two decimal places, as amounts have
      return fc.integer({ min: lowest(schema, 100), max: highest(schema, 100) }).map((hundredths) => hundredths / 100);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case undefined:
      return fc.jsonValue({ maxDepth: 1 });
    default:
      throw new Error(`the type ${JSON.stringify(schema.type)} is not one of JSON's`);
  }
}

function objectsOf(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, valuesOf(field, root)] as const);
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: [...(schema.required ?? [])],
    noNullPrototype: true,
  });
}

function stringsOf(schema: JsonSchema): fc.Arbitrary<string> {
  const minLength = bound(schema, 'minLength', 0);
  const maxLength = Math.min(bound(schema, 'maxLength', Infinity), minLength + 10);
  const pattern = new RegExp(typeof schema['pattern'] === 'string' ? schema['pattern'] : '', 'u');
  const texts = {
    uuid: fc.uuid(),
    'date-time': fc
      .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    none: fc.string({ unit: 'grapheme-ascii', minLength, maxLength }),
  };
  const format = (schema['format'] ?? 'none') as keyof typeof texts;
  return texts[format].filter((text) => pattern.test(text));
}

const WIDEST = 1_000_000_000;

function lowest(schema: JsonSchema, scale: number): number {
  return Math.ceil(bound(schema, 'minimum', -WIDEST) * scale);
}

function highest(schema: JsonSchema, scale: number): number {
  return Math.floor(Math.min(bound(schema, 'maximum', WIDEST), WIDEST) * scale);
}

function bound(schema: JsonSchema, keyword: string, otherwise: number): number {
  const value = schema[keyword];
  return typeof value === 'number' ? value : otherwise;
}

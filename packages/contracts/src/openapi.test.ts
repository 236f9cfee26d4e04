import { describe, expect, test } from '@jest/globals';
import { createValidator } from '../test/validator.ts';
import type { JsonSchema } from './breaking-changes.ts';
import { createOpenApiDocument } from './openapi.ts';
import { PROBLEMS } from './problem-types.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  readonly links?: Readonly<Record<string, { readonly operationId: string; readonly parameters: object }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** As clients get it. */
const DOCUMENT = JSON.parse(JSON.stringify(createOpenApiDocument())) as Document;

const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]): [string, string, Operation] => [
    method.toUpperCase(),
    path,
    operation,
  ]),
);

function operationOf(method: string, path: string): Operation {
  const found = OPERATIONS.find((entry) => entry[0] === method && entry[1] === path);
  if (found === undefined) throw new Error(`no ${method} ${path}`);
  return found[2];
}

/** Every object within a value, with the value itself. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const children = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? children : [value as Record<string, unknown>, ...children];
}

/** A schema of the document as one that stands alone. */
function standalone(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify({ ...schema, $defs: DOCUMENT.components.schemas });
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as JsonSchema;
}

describe('the OpenAPI document', () => {
  test('has no reference that leads nowhere', () => {
    const references = objectsIn(DOCUMENT).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    const targets = Object.keys(DOCUMENT.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((reference) => !targets.includes(reference))).toEqual([]);
  });

  test('names each operation once', () => {
    const ids = OPERATIONS.map(([, , { operationId }]) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual(expect.arrayContaining(['placeOrder', 'listOrders', 'getOrder', 'recordPayment', 'readSales']));
  });

  test('has links to operations and parameters that there are', () => {
    const links = OPERATIONS.flatMap(([, , { responses }]) =>
      Object.values(responses).flatMap((answer) => Object.values(answer.links ?? {})),
    );
    const broken = links.filter(({ operationId, parameters }) => {
      const target = OPERATIONS.find(([, , operation]) => operation.operationId === operationId)?.[2];
      const known = target?.parameters?.map(({ name }) => name) ?? [];
      return Object.keys(parameters).some((name) => !known.includes(name));
    });
    expect(links).toHaveLength(5);
    expect(broken).toEqual([]);
  });

  test.each(Object.entries(DOCUMENT.components.schemas))('%s compiles in a strict validator', (_, schema) => {
    expect(() => createValidator(standalone(schema))).not.toThrow();
  });

  test('has examples that its schemas take', () => {
    const withExamples = objectsIn(DOCUMENT).filter(({ examples }) => Array.isArray(examples));
    const refused = withExamples.flatMap(({ examples, ...schema }) => {
      const validate = createValidator(standalone(schema));
      return (examples as unknown[]).filter((example) => validate(example).length > 0);
    });
    expect(withExamples.length).toBeGreaterThan(0);
    expect(refused).toEqual([]);
  });

  test('has no schema that refuses unknown fields: clients that validate must survive a new one', () => {
    expect(objectsIn(DOCUMENT).filter((schema) => schema['additionalProperties'] === false)).toEqual([]);
  });

  test('describes each thing once, requests and answers alike', () => {
    expect(Object.keys(DOCUMENT.components.schemas).filter((name) => name.endsWith('Output'))).toEqual([]);
  });
});

describe.each(OPERATIONS)('%s %s', (_, path, operation) => {
  const answers = Object.entries(operation.responses);

  test('declares each parameter of its path', () => {
    const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(declared.map(({ name }) => name)).toEqual(inTemplate);
    expect(declared.every(({ required }) => required === true)).toBe(true);
  });

  test('has one good answer, in JSON', () => {
    const good = answers.filter(([status]) => status.startsWith('2'));
    expect(good.map(([, { content }]) => Object.keys(content))).toEqual([['application/json']]);
  });

  test('has problem+json for everything else, and for what any request may meet', () => {
    const bad = answers.filter(([status]) => !status.startsWith('2'));
    for (const [, { content }] of bad) {
      expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
    }
    const anywhere = ['400', '401', '403', '408', '413', '429', '431', '500', '502', '503', '504'];
    expect(bad.map(([status]) => status)).toEqual(expect.arrayContaining(anywhere));
  });

  test('says which key is asked for where one is missing or not enough', () => {
    expect(Object.keys(operation.responses['401']?.headers ?? {})).toEqual(['WWW-Authenticate']);
    expect(Object.keys(operation.responses['403']?.headers ?? {})).toEqual(['WWW-Authenticate']);
  });

  test('tells when to come back where a retry makes sense', () => {
    expect(Object.keys(operation.responses['429']?.headers ?? {})).toContain('Retry-After');
    expect(Object.keys(operation.responses['503']?.headers ?? {})).toContain('Retry-After');
  });
});

describe('single answers', () => {
  test('the receipt of an order says where the order is and whether it was a replay', () => {
    const { headers } = operationOf('POST', '/orders').responses['201'] ?? {};
    expect(Object.keys(headers ?? {})).toEqual(['Location', 'Idempotency-Replayed']);
  });

  test('a page of orders says where the next one is', () => {
    const { headers } = operationOf('GET', '/orders').responses['200'] ?? {};
    expect(Object.keys(headers ?? {})).toEqual(['Link', 'X-Next-Cursor']);
  });

  test('a status that several problems share names them all', () => {
    const description = operationOf('POST', '/orders').responses['400']?.description;
    expect(description).toBe(`${PROBLEMS.malformedJson.title}, or: ${PROBLEMS.invalidRequest.title}`);
  });

  test.each(['payment', 'shipment', 'cancellation'])('a %s may come at a wrong moment', (transition) => {
    const operation = operationOf('POST', `/orders/{orderId}/${transition}`);
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '404', '409']));
  });
});

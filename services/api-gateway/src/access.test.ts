import { describe, expect, test } from '@jest/globals';
import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { apiKeys, bearer, CUSTOMER_KEY, digestOf, KEY_LIST, STAFF_KEY } from '../test/api-keys.ts';
import { decideAccess } from './access.ts';
import { ApiKeys, ApiKeysError } from './api-keys.ts';
import { parseRoutes } from './routes.ts';

const OPERATIONS = parseRoutes(createOpenApiDocument()).flatMap(({ template, methods }) =>
  methods.map((method) => ({ method, template })),
);
const nameOf = ({ method, template }: { method: string; template: string }): string => `${method} ${template}`;

const decide = (authorization: string | undefined, operation = { method: 'POST', template: '/orders' }) =>
  decideAccess(apiKeys(), { authorization, ...operation });

const grantedTo = (key: string): string[] =>
  OPERATIONS.filter((operation) => decide(bearer(key).authorization, operation).kind === 'granted').map(nameOf);

describe('decideAccess', () => {
  test('knows the client by its key', () => {
    expect(decide(`bearer  ${CUSTOMER_KEY}`)).toEqual({
      kind: 'granted',
      client: { clientId: 'customer-1', role: 'customer' },
    });
  });

  test('lets customers order, look, pay and cancel, and nothing else of the API', () => {
    expect(grantedTo(CUSTOMER_KEY).toSorted()).toEqual([
      'GET /orders',
      'GET /orders/{orderId}',
      'HEAD /orders',
      'HEAD /orders/{orderId}',
      'POST /orders',
      'POST /orders/{orderId}/cancellation',
      'POST /orders/{orderId}/payment',
    ]);
  });

  test('lets staff do everything', () => {
    expect(grantedTo(STAFF_KEY)).toEqual(OPERATIONS.map(nameOf));
  });

  test('asks for a key when there is none', () => {
    expect(decide(undefined)).toMatchObject({
      problem: { status: 401 },
      challenge: 'Bearer realm="orderflow"',
    });
  });

  test.each([
    ['unknown', 'Bearer canary-customer-0123456780'],
    ['empty', 'Bearer '],
    ['of another scheme', `Basic ${CUSTOMER_KEY}`],
    ['the digest itself', `Bearer ${digestOf(CUSTOMER_KEY)}`],
    ['two keys', `Bearer ${CUSTOMER_KEY}, Bearer ${STAFF_KEY}`],
  ])('refuses a key that is %s', (_, authorization) => {
    expect(decide(authorization)).toMatchObject({
      problem: { status: 401 },
      challenge: 'Bearer realm="orderflow", error="invalid_token"',
    });
  });

  test('tells a customer who asks for more than customers may', () => {
    const shipment = { method: 'POST', template: '/orders/{orderId}/shipment' };
    expect(decide(bearer(CUSTOMER_KEY).authorization, shipment)).toMatchObject({
      problem: { status: 403 },
      challenge: 'Bearer realm="orderflow", error="insufficient_scope"',
    });
  });
});

describe('ApiKeys', () => {
  test('gives a client two keys at a time, so that one can follow the other', () => {
    const keys = new ApiKeys(`${KEY_LIST}customer-1 customer ${digestOf('the-next-key')}\n`);
    expect([keys.find('the-next-key'), keys.find(CUSTOMER_KEY)].map((client) => client?.clientId)).toEqual([
      'customer-1',
      'customer-1',
    ]);
  });

  test.each([
    ['a key in clear', 'customer-1 customer canary-secret'],
    ['an unknown role', `customer-1 admin ${digestOf('canary-secret')}`],
    ['a client id that is no header value', `café customer ${digestOf('canary-secret')}`],
    ['a key twice', `a staff ${digestOf('canary-secret')}\nb staff ${digestOf('canary-secret')}`],
    ['nothing', '# canary-secret'],
  ])('refuses a list with %s, and does not repeat what stands there', (_, list) => {
    const read = (): unknown => new ApiKeys(list);
    expect(read).toThrow(ApiKeysError);
    expect(read).not.toThrow(/canary|[0-9a-f]{64}/);
  });
});

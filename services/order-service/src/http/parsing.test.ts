import { describe, expect, test } from '@jest/globals';
import { newId } from '@orderflow/contracts/ids';
import { ProblemError } from '@orderflow/service-kit/problem';
import { SAMPLE_REQUEST } from '../../test/orders.ts';
import { decodeCursor, encodeCursor, nextPagePath, parseListQuery } from './paging.ts';
import { parseIdempotencyKey, parseOrder } from './parse-order.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function problemOf(work: () => unknown): ProblemError {
  try {
    work();
  } catch (error: unknown) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseOrder', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'application/vnd.shop+json'])(
    'takes %s',
    (type) => {
      expect(parseOrder(json(SAMPLE_REQUEST), type)).toEqual(SAMPLE_REQUEST);
    },
  );

  test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'refuses %s',
    (type) => {
      expect(problemOf(() => parseOrder(json(SAMPLE_REQUEST), type)).problem.status).toBe(415);
    },
  );

  test('refuses bytes that are not UTF-8 instead of changing them', () => {
    const body = Buffer.concat([Buffer.from('{"customerId":"'), Buffer.from([0xff]), Buffer.from('","items":[]}')]);
    expect(problemOf(() => parseOrder(body, 'application/json')).problem.status).toBe(400);
  });

  test('points at every field that is wrong', () => {
    const body = json({ customerId: '', items: [{ productId: 'p', quantity: 0, price: 1.005 }] });
    const { facts } = problemOf(() => parseOrder(body, 'application/json'));
    expect(facts.errors?.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/customerId', '/items/0/quantity', '/items/0/price']),
    );
  });
});

describe('parseIdempotencyKey', () => {
  test('is null without a header', () => {
    expect(parseIdempotencyKey(undefined)).toBeNull();
  });

  test.each(['', 'a b', 'x'.repeat(256), 'snow\u2603'])('refuses %p', (key) => {
    expect(problemOf(() => parseIdempotencyKey(key)).problem.status).toBe(400);
  });
});

describe('paging', () => {
  test('a cursor brings back the order it was made of', () => {
    const id = newId();
    expect(decodeCursor(encodeCursor(id))).toBe(id);
  });

  test.each(['', 'nonsense', encodeCursor('1; DROP TABLE orders')])('refuses the cursor %p', (cursor) => {
    expect(problemOf(() => parseListQuery({ cursor })).problem.status).toBe(400);
  });

  test.each([
    { limit: '0' },
    { limit: '501' },
    { limit: 'x' },
    { status: 'LOST' },
    { customerId: 'a b' },
    { limit: ['1', '2'] },
  ])('refuses the query %p', (query) => {
    expect(problemOf(() => parseListQuery(query)).problem.status).toBe(400);
  });

  test('the next page keeps the filters', () => {
    const id = newId();
    const query = parseListQuery({ limit: '2', customerId: 'c&d', status: 'PAID' });
    const next = new URL(nextPagePath(query, id), 'http://shop');
    expect(parseListQuery(Object.fromEntries(next.searchParams))).toMatchObject({
      limit: 2,
      customerId: 'c&d',
      status: 'PAID',
      before: id,
    });
  });
});

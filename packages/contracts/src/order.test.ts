import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { centsFromDecimal, MAX_PRICE_CENTS } from './money.ts';
import {
  customerIdSchema,
  idempotencyKeySchema,
  listOrdersQuerySchema,
  MAX_ITEMS,
  MAX_PAGE_LIMIT,
  ORDER_STATUSES,
  placeOrderSchema,
  priceSchema,
  timestampSchema,
} from './order.ts';

const ITEM = { productId: 'product-1', quantity: 2, price: 19.99 };
const ORDER = { customerId: 'customer-1', items: [ITEM] };

/** What a request's body is after JSON.parse; the text can say things that an object literal cannot. */
function isAccepted(body: string): boolean {
  return placeOrderSchema.safeParse(JSON.parse(body)).success;
}

function orderWithItem(item: string): string {
  return `{"customerId":"customer-1","items":[${item}]}`;
}

/** The places that a body is refused for. */
function refusedAt(body: unknown): string[] {
  const parsed = placeOrderSchema.safeParse(body);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('the body of POST /orders', () => {
  test('is taken with 1 and with the most items', () => {
    expect(refusedAt(ORDER)).toEqual([]);
    expect(refusedAt({ ...ORDER, items: Array.from({ length: MAX_ITEMS }, () => ITEM) })).toEqual([]);
  });

  test('loses the fields that the contract does not name', () => {
    const body = { ...ORDER, total: 0, status: 'PAID', items: [{ ...ITEM, discount: 1 }] };
    expect(placeOrderSchema.parse(body)).toEqual(ORDER);
  });

  test.each([
    ['null', null],
    ['a number', 5],
    ['a string', 'order'],
    ['an array', [ORDER]],
    ['an empty object', {}],
  ])('is not %s', (_, body) => {
    expect(refusedAt(body)).not.toEqual([]);
  });

  test.each([
    ['no items', []],
    ['one item too many', Array.from({ length: MAX_ITEMS + 1 }, () => ITEM)],
    ['10,000 items', Array.from({ length: 10_000 }, () => ITEM)],
    ['null', null],
    ['an object with a length', { length: 1, 0: ITEM }],
    ['an item', ITEM],
  ])('is refused at its items when they are %s', (_, items) => {
    expect(refusedAt({ ...ORDER, items })).toEqual(['items']);
  });

  test.each([0, -1, 1.5, 1001, 2 ** 53, '2', null, true, [2], {}])('is refused for the quantity %p', (quantity) => {
    expect(refusedAt({ ...ORDER, items: [{ ...ITEM, quantity }] })).toContain('items.0.quantity');
  });

  test.each([-0.01, -1, 1.005, 0.1 + 0.2, 1_000_000.01, '19.99', null, [19.99], {}])(
    'is refused for the price %p',
    (price) => {
      expect(refusedAt({ ...ORDER, items: [{ ...ITEM, price }] })).toContain('items.0.price');
    },
  );

  test.each(['1e21', '1e308', '1e999', '-1e999', '1e-9', '1000000.005', '9007199254740993', '0.001'])(
    'is refused for the price that JSON writes as %s',
    (price) => {
      expect(isAccepted(orderWithItem(`{"productId":"p","quantity":1,"price":${price}}`))).toBe(false);
    },
  );

  test.each(['1e2', '0', '-0', '1000000', '0.10', '1999e-2'])('takes the price that JSON writes as %s', (price) => {
    expect(isAccepted(orderWithItem(`{"productId":"p","quantity":1,"price":${price}}`))).toBe(true);
  });

  test('takes fields of its prototype neither for its own nor for anyone else’s', () => {
    const attacks = [
      '{"__proto__":{"customerId":"c","items":[{"productId":"p","quantity":1,"price":1}]}}',
      '{"constructor":{"prototype":{"customerId":"c"}},"items":[{"productId":"p","quantity":1,"price":1}]}',
      orderWithItem('{"__proto__":{"price":1},"productId":"p","quantity":1}'),
      orderWithItem('{"__proto__":{"isAdmin":true},"productId":"p","quantity":1,"price":-1}'),
    ];
    expect(attacks.filter(isAccepted)).toEqual([]);

    const polluting =
      '{"__proto__":{"polluted":true},"customerId":"c","items":[{"productId":"p","quantity":1,"price":1}]}';
    const parsed = placeOrderSchema.parse(JSON.parse(polluting));
    expect(Object.hasOwn(parsed, '__proto__')).toBe(false);
    expect('polluted' in parsed).toBe(false);
    expect('polluted' in {}).toBe(false);
  });

  test('is refused, not chased, when it is nested as deep as a body limit of 64 KB allows', () => {
    const deep = `${'['.repeat(32_000)}${']'.repeat(32_000)}`;
    const deepObject = `${'{"items":'.repeat(7_000)}1${'}'.repeat(7_000)}`;
    expect(isAccepted(deep)).toBe(false);
    expect(isAccepted(deepObject)).toBe(false);
    expect(isAccepted(`{"customerId":${deep},"items":${deep}}`)).toBe(false);
    expect(isAccepted(orderWithItem(deep))).toBe(false);
  });

  test('whatever JSON comes, it is refused or is an order that money and Postgres can hold', () => {
    fc.assert(
      fc.property(almostAnOrder(), (body) => {
        const parsed = placeOrderSchema.safeParse(JSON.parse(JSON.stringify(body)));
        if (!parsed.success) return;
        for (const { quantity, price } of parsed.data.items) {
          expect(Number.isInteger(quantity) && quantity >= 1 && quantity <= 1000).toBe(true);
          expect(centsFromDecimal(price)).toBeGreaterThanOrEqual(0);
        }
        expect(JSON.stringify(parsed.data)).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      { numRuns: 300 },
    );
  });
});

/** Orders of which each part may be anything. */
function almostAnOrder(): fc.Arbitrary<unknown> {
  const or = (usual: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary: usual }, fc.jsonValue());
  const text = fc.string({ unit: 'binary', maxLength: 70 });
  const price = fc.oneof(
    fc.integer({ min: -10, max: MAX_PRICE_CENTS + 10 }).map((cents) => cents / 100),
    fc.double(),
  );
  const item = fc.record(
    { productId: or(text), quantity: or(fc.integer({ min: -1, max: 1002 })), price: or(price) },
    { requiredKeys: [] },
  );
  return or(fc.record({ customerId: or(text), items: or(fc.array(or(item), { maxLength: 3 })) }, { requiredKeys: [] }));
}

describe('priceSchema', () => {
  test('takes every whole number of cents up to the highest price', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_PRICE_CENTS }), (cents) => {
        expect(priceSchema.safeParse(cents / 100).success).toBe(true);
      }),
    );
  });
});

describe('ids given by others', () => {
  test.each(['c', 'customer-42', 'kunde/7:ä', '顧客', '😀', 'x'.repeat(64)])('takes %p', (id) => {
    expect(customerIdSchema.safeParse(id).success).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['65 characters', 'x'.repeat(65)],
    ['a space', 'a b'],
    ['a no-break space', 'a\u00a0b'],
    ['a line break', 'a\nb'],
    ['a trailing line break', 'a\n'],
    ['NUL', 'a\u0000b'],
    ['an escape', 'a\u001bb'],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
    ['a right-to-left override', 'a\u202eb'],
    ['a zero-width joiner', 'a\u200db'],
    ['a byte order mark', '\ufeffa'],
  ])('refuses %s', (_, id) => {
    expect(customerIdSchema.safeParse(id).success).toBe(false);
  });
});

describe('idempotencyKeySchema', () => {
  test.each(['k', '01931f6e-6f2a-7c3e-9d2b-1f0e5a4b3c2d', '"quoted"', '~!', 'x'.repeat(255)])('takes %p', (key) => {
    expect(idempotencyKeySchema.safeParse(key).success).toBe(true);
  });

  test.each(['', ' ', 'a b', 'ä', 'a\u007f', 'a\n', 'x'.repeat(256)])('refuses %p', (key) => {
    expect(idempotencyKeySchema.safeParse(key).success).toBe(false);
  });
});

describe('timestampSchema', () => {
  test('takes what Date writes', () => {
    const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, (date) => {
        expect(timestampSchema.safeParse(date.toISOString()).success).toBe(true);
      }),
    );
  });

  test.each(['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000+01:00', '2026-02-30T12:00:00.000Z', '2026-01-31', ''])(
    'refuses %p',
    (text) => {
      expect(timestampSchema.safeParse(text).success).toBe(false);
    },
  );
});

describe('the query of GET /orders', () => {
  test('asks for a page of 50 when it says nothing', () => {
    expect(listOrdersQuerySchema.parse({})).toEqual({ limit: 50 });
  });

  test.each(ORDER_STATUSES)('filters by the status %s', (status) => {
    expect(listOrdersQuerySchema.parse({ status }).status).toBe(status);
  });

  test.each(['1', '50', String(MAX_PAGE_LIMIT)])('takes a page of %s', (limit) => {
    expect(listOrdersQuerySchema.parse({ limit }).limit).toBe(Number(limit));
  });

  test.each(['0', '-1', '1.5', String(MAX_PAGE_LIMIT + 1), '', ' ', 'ten', 'Infinity', 'NaN'])(
    'refuses a page of %p',
    (limit) => {
      expect(listOrdersQuerySchema.safeParse({ limit }).success).toBe(false);
    },
  );
});

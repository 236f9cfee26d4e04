import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { expect, test } from '@jest/globals';
import { expressPath, parseRoutes } from './routes.ts';

test('serves what the OpenAPI document describes, each path with its methods and upstream', () => {
  expect(parseRoutes(createOpenApiDocument())).toEqual([
    { template: '/orders', methods: ['POST', 'GET', 'HEAD'], upstream: 'orders' },
    { template: '/orders/{orderId}', methods: ['GET', 'HEAD'], upstream: 'orders' },
    { template: '/orders/{orderId}/payment', methods: ['POST'], upstream: 'orders' },
    { template: '/orders/{orderId}/shipment', methods: ['POST'], upstream: 'orders' },
    { template: '/orders/{orderId}/cancellation', methods: ['POST'], upstream: 'orders' },
    { template: '/analytics/sales', methods: ['GET', 'HEAD'], upstream: 'analytics' },
  ]);
});

test('refuses a document with a path that nobody serves', () => {
  expect(() => parseRoutes({ paths: { '/customers': { get: {} } } })).toThrow('no upstream serves /customers');
});

test('writes templates as express does', () => {
  expect(expressPath('/orders/{orderId}/payment')).toBe('/orders/:orderId/payment');
});

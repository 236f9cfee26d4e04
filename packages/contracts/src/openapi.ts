import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { salesQuerySchema, salesReportSchema } from './analytics.ts';
import {
  idempotencyKeySchema,
  listOrdersQuerySchema,
  orderDetailSchema,
  orderIdSchema,
  orderReceiptSchema,
  orderSummarySchema,
  placeOrderSchema,
  TRANSITIONS,
  type Transition,
} from './order.ts';
import { PROBLEMS, problemSchema, type ProblemType } from './problem-types.ts';

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

function problems(...types: readonly ProblemType[]): ZodOpenApiResponsesObject {
  const common = [PROBLEMS.tooManyRequests, PROBLEMS.badGateway, PROBLEMS.unavailable, PROBLEMS.gatewayTimeout];
  const responses: ZodOpenApiResponsesObject = {};
  for (const { status, title } of [...types, ...common]) {
    responses[`${status}` as '400'] = {
      description: title,
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return responses;
}

const orderIdPath = z.object({ orderId: orderIdSchema });

const placeOrder: ZodOpenApiOperationObject = {
  operationId: 'placeOrder',
  summary: 'Place an order. The answer is sent after the order is durable.',
  requestParams: {
    header: z.object({
      'Idempotency-Key': idempotencyKeySchema
        .optional()
        .describe('The same key with the same body gives the same answer; with another body 422.'),
    }),
  },
  requestBody: { required: true, content: json(placeOrderSchema) },
  responses: {
    '201': { description: 'The order is durable', content: json(orderReceiptSchema) },
    ...problems(
      PROBLEMS.invalidRequest,
      PROBLEMS.payloadTooLarge,
      PROBLEMS.unsupportedMediaType,
      PROBLEMS.idempotencyKeyReused,
    ),
  },
};

const listOrders: ZodOpenApiOperationObject = {
  operationId: 'listOrders',
  summary: 'List orders, newest first',
  description: 'The header Link (rel="next") and X-Next-Cursor carry the cursor of the next page, when there is one.',
  requestParams: { query: listOrdersQuerySchema },
  responses: {
    '200': { description: 'One page of orders', content: json(z.array(orderSummarySchema)) },
    ...problems(PROBLEMS.invalidRequest),
  },
};

const getOrder: ZodOpenApiOperationObject = {
  operationId: 'getOrder',
  summary: 'Read one order with its items',
  requestParams: { path: orderIdPath },
  responses: {
    '200': { description: 'The order', content: json(orderDetailSchema) },
    ...problems(PROBLEMS.invalidRequest, PROBLEMS.orderNotFound),
  },
};

const transition = (name: Transition): ZodOpenApiOperationObject => ({
  operationId: `record${name[0]?.toUpperCase()}${name.slice(1)}`,
  summary: `Record the ${name} of an order`,
  requestParams: { path: orderIdPath },
  responses: {
    '200': { description: 'The order as it stands now', content: json(orderReceiptSchema) },
    ...problems(PROBLEMS.invalidRequest, PROBLEMS.orderNotFound, PROBLEMS.transitionNotAllowed),
  },
});

const readSales: ZodOpenApiOperationObject = {
  operationId: 'readSales',
  summary: 'Sales so far: totals, orders per minute, top products',
  requestParams: { query: salesQuerySchema },
  responses: {
    '200': { description: 'The report', content: json(salesReportSchema) },
    ...problems(PROBLEMS.invalidRequest),
  },
};

/** The OpenAPI 3.1 document of the public API, made from the same schemas that parse the requests. */
export function createOpenApiDocument(): object {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Orderflow', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: {
      '/orders': { post: placeOrder, get: listOrders },
      '/orders/{orderId}': { get: getOrder },
      ...Object.fromEntries(TRANSITIONS.map((name) => [`/orders/{orderId}/${name}`, { post: transition(name) }])),
      '/analytics/sales': { get: readSales },
    },
  });
}

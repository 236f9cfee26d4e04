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

/** What any request may meet on its way through the gateway, whatever it carries. */
const COMMON_PROBLEMS = [
  PROBLEMS.invalidRequest,
  PROBLEMS.requestTimeout,
  PROBLEMS.payloadTooLarge,
  PROBLEMS.headersTooLarge,
  PROBLEMS.unauthenticated,
  PROBLEMS.forbidden,
  PROBLEMS.tooManyRequests,
  PROBLEMS.internal,
  PROBLEMS.badGateway,
  PROBLEMS.unavailable,
  PROBLEMS.gatewayTimeout,
];

const textHeader = (description: string) => ({ description, schema: { type: 'string' as const } });

const RETRY_AFTER = { 'Retry-After': textHeader('After how many seconds to try again') };
const CHALLENGE = { 'WWW-Authenticate': textHeader('Which key is asked for (RFC 6750)') };
const CHALLENGE_STATUSES: readonly number[] = [PROBLEMS.unauthenticated.status, PROBLEMS.forbidden.status];
const RETRY_LATER_STATUSES: readonly number[] = [PROBLEMS.tooManyRequests.status, PROBLEMS.unavailable.status];

function problems(...types: readonly ProblemType[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy([...types, ...COMMON_PROBLEMS], ({ status }) => status);
  const responses: ZodOpenApiResponsesObject = {};
  for (const [status, sharing] of byStatus) {
    responses[`${status}` as '400'] = {
      description: sharing.map(({ title }) => title).join(', or: '),
      ...(RETRY_LATER_STATUSES.includes(status) ? { headers: RETRY_AFTER } : {}),
      ...(CHALLENGE_STATUSES.includes(status) ? { headers: CHALLENGE } : {}),
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return responses;
}

/** What can be done with the order of an answer, for clients that follow links. */
const ORDER_LINKS = Object.fromEntries(
  ['getOrder', ...TRANSITIONS.map(operationIdOf)].map((operationId) => [
    operationId,
    { operationId, parameters: { orderId: '$response.body#/orderId' } },
  ]),
);

function operationIdOf(transition: Transition): string {
  return `record${transition[0]?.toUpperCase()}${transition.slice(1)}`;
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
    '201': {
      description: 'The order is durable',
      headers: {
        Location: textHeader('Path of the order'),
        'Idempotency-Replayed': textHeader('"true" when the Idempotency-Key had made this order before'),
      },
      content: json(orderReceiptSchema),
      links: ORDER_LINKS,
    },
    ...problems(
      PROBLEMS.malformedJson,
      PROBLEMS.unsupportedMediaType,
      PROBLEMS.idempotencyKeyReused,
      PROBLEMS.overloaded,
    ),
  },
};

const listOrders: ZodOpenApiOperationObject = {
  operationId: 'listOrders',
  summary: 'List orders, newest first',
  requestParams: { query: listOrdersQuerySchema },
  responses: {
    '200': {
      description: 'One page of orders',
      headers: {
        Link: textHeader('Path of the next page (rel="next"), if this one is full'),
        'X-Next-Cursor': textHeader('Cursor of the next page, if this one is full'),
      },
      content: json(z.array(orderSummarySchema)),
      links: {
        nextPage: { operationId: 'listOrders', parameters: { cursor: '$response.header.X-Next-Cursor' } },
      },
    },
    ...problems(),
  },
};

const getOrder: ZodOpenApiOperationObject = {
  operationId: 'getOrder',
  summary: 'Read one order with its items',
  requestParams: { path: orderIdPath },
  responses: {
    '200': { description: 'The order', content: json(orderDetailSchema) },
    ...problems(PROBLEMS.orderNotFound),
  },
};

const transition = (name: Transition): ZodOpenApiOperationObject => ({
  operationId: operationIdOf(name),
  summary: `Record the ${name} of an order`,
  requestParams: { path: orderIdPath },
  responses: {
    '200': { description: 'The order as it stands now', content: json(orderReceiptSchema) },
    ...problems(PROBLEMS.orderNotFound, PROBLEMS.transitionNotAllowed),
  },
});

const readSales: ZodOpenApiOperationObject = {
  operationId: 'readSales',
  summary: 'Sales so far: totals, orders per minute, top products',
  requestParams: { query: salesQuerySchema },
  responses: {
    '200': { description: 'The report', content: json(salesReportSchema) },
    ...problems(),
  },
};

const API_KEY = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key. A key of a customer is good for the orders of that customer; shipments and sales need one of the shop.',
} as const;

/** The OpenAPI 3.1 document of the public API, made from the same schemas that parse the requests. */
export function createOpenApiDocument(): object {
  const paths = {
    '/orders': { post: placeOrder, get: listOrders },
    '/orders/{orderId}': { get: getOrder },
    ...Object.fromEntries(TRANSITIONS.map((name) => [`/orders/{orderId}/${name}`, { post: transition(name) }])),
    '/analytics/sales': { get: readSales },
  };
  const info = { title: 'Orderflow', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } };
  return createDocument(
    {
      openapi: '3.1.0',
      info,
      paths,
      // The empty alternative: keys are asked for only where the installation has any.
      security: [{ apiKey: [] }, {}],
      components: { securitySchemes: { apiKey: API_KEY } },
    },
    {
      // zod closes what it describes as output, but an answer may gain a field.
      override: ({ jsonSchema }) => {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    },
  );
}

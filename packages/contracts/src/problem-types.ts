import { z } from 'zod';

/** One kind of error that an API can answer: RFC 9457 `type`, `title` and HTTP status. */
export interface ProblemType {
  readonly type: string;
  readonly title: string;
  readonly status: number;
}

const problem = (slug: string, status: number, title: string): ProblemType => ({
  type: `urn:orderflow:problem:${slug}`,
  title,
  status,
});

/** Every error that the platform's HTTP APIs answer. */
export const PROBLEMS = {
  malformedJson: problem('malformed-json', 400, 'The body is not valid JSON'),
  invalidRequest: problem('invalid-request', 400, 'The request does not match the schema'),
  unauthenticated: problem('unauthenticated', 401, 'The request needs a valid API key'),
  forbidden: problem('forbidden', 403, 'The API key is not good for this'),
  notFound: problem('not-found', 404, 'There is no such resource'),
  orderNotFound: problem('order-not-found', 404, 'There is no order with this id'),
  methodNotAllowed: problem('method-not-allowed', 405, 'The resource does not have this method'),
  requestTimeout: problem('request-timeout', 408, 'The request did not arrive in time'),
  transitionNotAllowed: problem('transition-not-allowed', 409, 'The order cannot change in this way'),
  payloadTooLarge: problem('payload-too-large', 413, 'The body is too large'),
  unsupportedMediaType: problem('unsupported-media-type', 415, 'The body must be application/json'),
  misdirectedRequest: problem('misdirected-request', 421, 'The request is meant for another host'),
  idempotencyKeyReused: problem('idempotency-key-reused', 422, 'The Idempotency-Key belongs to another request'),
  tooManyRequests: problem('too-many-requests', 429, 'This client sends too many requests'),
  headersTooLarge: problem('headers-too-large', 431, 'The request headers are too large'),
  internal: problem('internal', 500, 'The server failed to handle the request'),
  badGateway: problem('bad-gateway', 502, 'The service behind the gateway gave no valid answer'),
  overloaded: problem('overloaded', 503, 'More orders arrive than can be taken; nothing of this one was'),
  unavailable: problem('unavailable', 503, 'The service cannot take the request now'),
  gatewayTimeout: problem('gateway-timeout', 504, 'The service behind the gateway did not answer in time'),
} as const satisfies Record<string, ProblemType>;

/** Body of every error answer, `application/problem+json` (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string().optional(),
    /** One entry per field that is wrong: a JSON pointer into the body (or the parameter's name) and the reason. */
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

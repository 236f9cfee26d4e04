import { idempotencyKeySchema, placeOrderSchema, type PlaceOrder } from '@orderflow/contracts/order';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import { ProblemError, problemErrors } from '@orderflow/service-kit/problem';

const JSON_MEDIA_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
// Lone continuation bytes and the like must be an error, not silently become U+FFFD.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The order in a request's body.
 *
 * @throws {ProblemError} 415, or 400 naming each field that is wrong.
 */
export function parseOrder(body: Buffer, contentType: string | undefined): PlaceOrder {
  if (contentType === undefined || !JSON_MEDIA_TYPE.test(contentType)) {
    throw new ProblemError(PROBLEMS.unsupportedMediaType);
  }
  const parsed = placeOrderSchema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw new ProblemError(PROBLEMS.invalidRequest, { errors: problemErrors(parsed.error.issues) });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause: unknown) {
    throw new ProblemError(PROBLEMS.malformedJson, {}, { cause });
  }
}

/**
 * The Idempotency-Key header, null without one.
 *
 * @throws {ProblemError} 400 when it is empty, too long or not visible ASCII.
 */
export function parseIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const parsed = idempotencyKeySchema.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new ProblemError(PROBLEMS.invalidRequest, {
    errors: [{ pointer: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }],
  });
}

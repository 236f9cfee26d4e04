import { randomUUID } from 'node:crypto';
import { CONTENT, PRODUCT, SECRETS } from './canaries.ts';
import type { Told } from './everything-told.ts';

interface GatewayRequest {
  /** Default: the key of the shop. */
  readonly key?: string;
  readonly path?: string;
  readonly method?: string;
  /** Sent as JSON, unless it is text already. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const orderOf = (customerId: string, productId: string = PRODUCT) => ({
  customerId,
  items: [{ productId, quantity: 1, price: 12.34 }],
});

/** A client that has canaries in everything it sends, and keeps every answer. */
export class CanaryTraffic {
  readonly answers: Told[] = [];
  readonly #gatewayUrl: string;

  constructor(gatewayUrl: string) {
    this.#gatewayUrl = gatewayUrl;
  }

  /** The answer's body; fails when the status is another. */
  async ask(status: number, { key = SECRETS.staffKey, path = '/orders', ...request }: GatewayRequest): Promise<string> {
    const { body, method = body === undefined ? 'GET' : 'POST' } = request;
    const response = await fetch(`${this.#gatewayUrl}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        authorization: `Bearer ${key}`,
        baggage: `user=${CONTENT.baggage}`,
        ...request.headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.answers.push({
      where: `the answer to ${method} ${path.replace(/[?].*/, '')}`,
      text: `${response.status} ${JSON.stringify([...response.headers])} ${text}`,
      isAnswerToOwner: response.ok,
    });
    if (response.status !== status) throw new Error(`${method} ${path} is ${response.status}, not ${status}: ${text}`);
    return text;
  }

  /** The order's id. */
  async placeOrder(productId: string = PRODUCT): Promise<string> {
    const headers = { 'idempotency-key': `${CONTENT.idempotencyKey}-${randomUUID()}` };
    const text = await this.ask(201, { body: orderOf(CONTENT.customer, productId), headers });
    return (JSON.parse(text) as { readonly orderId: string }).orderId;
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@orderflow/contracts/ids';
import { centsFromDecimal, decimalFromCents, totalCents } from '@orderflow/contracts/money';
import { placeOrderSchema, type OrderStatus } from '@orderflow/contracts/order';

/** An order as the fake gateway remembers it. */
export interface FakeOrder {
  readonly orderId: string;
  readonly totalPrice: number;
  readonly createdAt: string;
  readonly body: string;
  readonly idempotencyKey: string | undefined;
  status: OrderStatus;
}

/** What the gateway does with a request instead of answering it as it should. */
export type Mischief =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'total'; readonly addCents: number }
  | { readonly kind: 'reset' }
  /** The order is taken, the answer never comes. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'delay'; readonly until: Promise<void> };

export interface FakeGateway extends AsyncDisposable {
  readonly url: string;
  readonly orders: Map<string, FakeOrder>;
  /** Paths of all POST requests, in the order they came. */
  readonly posts: string[];
  /** Transitions that were asked for out of turn. */
  readonly forbidden: string[];
  /** Decides about the nth POST (from 0). */
  misbehave: (post: number, path: string) => Mischief | undefined;
}

const NEXT_STATUS: Readonly<Record<string, Partial<Record<OrderStatus, OrderStatus>>>> = {
  payment: { CREATED: 'PAID' },
  shipment: { PAID: 'SHIPPED' },
  cancellation: { CREATED: 'CANCELLED', PAID: 'CANCELLED' },
};

/** A gateway that keeps the contract of the API in memory, except where a test tells it not to. */
export async function startFakeGateway(): Promise<FakeGateway> {
  const orders = new Map<string, FakeOrder>();
  const byKey = new Map<string, FakeOrder>();
  const posts: string[] = [];
  const forbidden: string[] = [];

  function placeOrder(request: IncomingMessage, body: string): FakeOrder {
    const idempotencyKey = request.headers['idempotency-key']?.toString();
    const known = idempotencyKey === undefined ? undefined : byKey.get(idempotencyKey);
    if (known !== undefined) return known;
    const { items } = placeOrderSchema.parse(JSON.parse(body));
    const lines = items.map(({ quantity, price }) => ({ quantity, priceCents: centsFromDecimal(price) ?? Number.NaN }));
    const totalPrice = decimalFromCents(totalCents(lines));
    const createdAt = new Date().toISOString();
    const order: FakeOrder = { orderId: newId(), totalPrice, createdAt, body, idempotencyKey, status: 'CREATED' };
    orders.set(order.orderId, order);
    if (idempotencyKey !== undefined) byKey.set(idempotencyKey, order);
    return order;
  }

  function answerPost(request: IncomingMessage, body: string): { status: number; order?: FakeOrder } {
    const [, , orderId, transition] = (request.url ?? '').split('/');
    if (orderId === undefined || transition === undefined) return { status: 201, order: placeOrder(request, body) };
    const order = orders.get(orderId);
    const next = order === undefined ? undefined : NEXT_STATUS[transition]?.[order.status];
    if (order === undefined || next === undefined) {
      forbidden.push(`${transition} of ${order?.status}`);
      return { status: 409 };
    }
    order.status = next;
    return { status: 200, order };
  }

  async function handlePost(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const mischief = gateway.misbehave(posts.push(request.url ?? '') - 1, request.url ?? '');
    if (mischief?.kind === 'delay') await mischief.until;
    if (mischief?.kind === 'reset') return void request.socket.destroy();
    if (mischief?.kind === 'status') return void response.writeHead(mischief.status).end('{}');
    const { status, order } = answerPost(request, Buffer.concat(chunks).toString());
    if (mischief?.kind === 'silence') return;
    if (mischief?.kind === 'body') return void response.writeHead(status).end(mischief.body);
    const addCents = mischief?.kind === 'total' ? mischief.addCents : 0;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(order === undefined ? '{}' : receiptOf(order, addCents));
  }

  const server = createServer((request, response) => {
    if (request.method === 'POST') void handlePost(request, response);
    else response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway: FakeGateway = {
    url: `http://127.0.0.1:${port}`,
    orders,
    posts,
    forbidden,
    misbehave: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gateway;
}

function receiptOf(order: FakeOrder, addCents: number): string {
  const { orderId, status, totalPrice, createdAt } = order;
  const total = decimalFromCents((centsFromDecimal(totalPrice) ?? 0) + addCents);
  return JSON.stringify({ orderId, status, totalPrice: total, createdAt });
}

import { describe, expect, test } from '@jest/globals';
import { appendResponseHeaders, requestHeaders, type ForwardingFacts } from './forwarded-headers.ts';

const facts: ForwardingFacts = {
  requestId: 'request-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: undefined,
  socketAddress: '192.0.2.1',
  behindProxy: false,
};

function asObject(flat: readonly string[]): Record<string, string> {
  const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []));
  return Object.fromEntries(pairs) as Record<string, string>;
}

function passedOn(upstream: Parameters<typeof appendResponseHeaders>[1]): string[] {
  const fields: string[] = [];
  appendResponseHeaders(fields, upstream);
  return fields;
}

describe('requestHeaders', () => {
  test('passes the fields of the contract on', () => {
    const sent = asObject(
      requestHeaders({ 'content-type': 'application/json', 'idempotency-key': 'k1', accept: '*/*' }, facts),
    );
    expect(sent).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'k1', accept: '*/*' });
  });

  test('passes credentials on that it did not check itself, and keeps a key that it did', () => {
    const incoming = { authorization: 'Bearer canary' };
    const client = { clientId: 'customer-1', role: 'customer' } as const;
    expect(requestHeaders(incoming, facts)).toContain('Bearer canary');
    expect(requestHeaders(incoming, { ...facts, client })).not.toContain('Bearer canary');
  });

  test('says who it is, who the client is and which trace it belongs to', () => {
    expect(asObject(requestHeaders({}, facts))).toEqual({
      'x-request-id': 'request-1',
      traceparent: facts.traceparent,
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'http',
      via: '1.1 api-gateway',
    });
  });

  test.each([
    'connection',
    'cookie',
    'expect',
    'host',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'content-length',
    'upgrade',
    'x-internal-user',
    'forwarded',
    'baggage',
    'tracestate',
  ])('stops %s', (name) => {
    expect(requestHeaders({ [name]: 'x' }, facts)).toEqual(requestHeaders({}, facts));
  });

  test('stops the fields that Connection names, in any case', () => {
    const sent = asObject(
      requestHeaders({ connection: 'Keep-Alive,  Idempotency-Key', 'idempotency-key': 'k1', accept: '*/*' }, facts),
    );
    expect(sent).not.toHaveProperty('idempotency-key');
    expect(sent).toHaveProperty('accept');
  });

  test('Connection cannot remove what the gateway itself sends', () => {
    const sent = asObject(requestHeaders({ connection: 'x-forwarded-for, traceparent, x-request-id' }, facts));
    expect(sent).toMatchObject({ 'x-forwarded-for': '192.0.2.1', 'x-request-id': 'request-1' });
    expect(sent).toHaveProperty('traceparent');
  });

  test("replaces a stranger's X-Forwarded fields", () => {
    const sent = asObject(requestHeaders({ 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' }, facts));
    expect(sent).toMatchObject({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http' });
  });

  test('continues the X-Forwarded fields of a trusted proxy', () => {
    const sent = asObject(
      requestHeaders(
        { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
        { ...facts, behindProxy: true },
      ),
    );
    expect(sent).toMatchObject({ 'x-forwarded-for': '203.0.113.9, 192.0.2.1', 'x-forwarded-proto': 'https' });
  });

  test('takes no scheme but https from a proxy', () => {
    const sent = asObject(requestHeaders({ 'x-forwarded-proto': 'gopher' }, { ...facts, behindProxy: true }));
    expect(sent).toHaveProperty('x-forwarded-proto', 'http');
  });

  test('sends tracestate only with a trace that is continued', () => {
    expect(asObject(requestHeaders({ tracestate: 'a=1' }, { ...facts, tracestate: 'a=1' }))).toHaveProperty(
      'tracestate',
      'a=1',
    );
  });
});

describe('appendResponseHeaders', () => {
  test('passes on what is for the client', () => {
    expect(passedOn({ 'content-type': 'application/json', link: '</orders?cursor=x>; rel="next"' })).toEqual([
      'content-type',
      'application/json',
      'link',
      '</orders?cursor=x>; rel="next"',
    ]);
  });

  test('keeps every value of a repeated field', () => {
    expect(passedOn({ 'set-cookie': ['a=1', 'b=2'] })).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2']);
  });

  test.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'server',
    'x-powered-by',
    'x-request-id',
    'ratelimit',
  ])('stops %s', (name) => {
    expect(passedOn({ [name]: 'x' })).toEqual([]);
  });

  test('stops the fields that Connection names', () => {
    expect(passedOn({ connection: 'X-Private', 'x-private': '1', 'x-public': '2' })).toEqual(['x-public', '2']);
  });
});

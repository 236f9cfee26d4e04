import { once } from 'node:events';
import { connect } from 'node:net';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { order, send, sendRaw, startGateway, startRawUpstream, startUpstream } from './harness.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An upstream that answers with what it saw. */
function startMirror() {
  return startUpstream((request, response) => {
    const { method, url, headers } = request;
    void text(request).then((body) => response.end(JSON.stringify({ method, url, headers, body } satisfies Seen)));
  });
}

describe('requests', () => {
  test('the body arrives as it was sent, with its length, however it was framed', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url });
    for (const headers of [{ 'content-length': String(order.body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const seen = (await send(gateway.port, { ...order, headers })).json() as Seen;
      expect(seen.body).toBe(order.body);
      expect(seen.headers['content-length']).toBe(String(order.body.length));
      expect(seen.headers).not.toHaveProperty('transfer-encoding');
    }
  });

  test('host is that of the upstream', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url });
    const seen = (await send(gateway.port, { path: '/orders', headers: { host: 'shop.example' } })).json() as Seen;
    expect(seen.headers.host).toBe(`127.0.0.1:${upstream.port}`);
  });

  test('a body that comes with a GET is not passed on', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url });
    const seen = (await send(gateway.port, { path: '/orders', body: 'x', headers: { 'content-length': 1 } })).json();
    expect(seen).toMatchObject({ method: 'GET', body: '' });
  });

  test('fields of the connection, of proxies and of strangers end at the gateway', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url });
    const head = [
      'GET /orders HTTP/1.1',
      'host: x',
      'connection: close, x-named, Accept-Language',
      'accept-language: en',
      'x-named: 1',
      'x-internal-user: admin',
      'cookie: a=b',
      'te: trailers',
      'keep-alive: timeout=5',
      'proxy-authorization: Basic eA==',
      'x-forwarded-for: 1.1.1.1',
      'baggage: a=b',
      'tracestate: a=b',
    ];
    const answer = await sendRaw(gateway.port, `${head.join('\r\n')}\r\n\r\n`);
    const { headers } = JSON.parse(answer.slice(answer.indexOf('{'))) as Seen;
    expect(Object.keys(headers).toSorted()).toEqual([
      'connection',
      'host',
      'traceparent',
      'via',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-request-id',
    ]);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  test('the request id and the trace of the log line are those that the upstream gets', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url });
    const callerTraceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${callerTraceId}-b7ad6b7169203331-01` };
    const seen = (await send(gateway.port, { path: '/orders', headers })).json() as Seen;
    const line = await gateway.requestLine();
    expect(seen.headers['x-request-id']).toBe(line['requestId']);
    expect(seen.headers['traceparent']).toMatch(new RegExp(`^00-${String(line['trace_id'])}-[0-9a-f]{16}-01$`));
    expect(line['trace_id']).not.toBe(callerTraceId);
    expect(line['callerTraceId']).toBe(callerTraceId);
  });

  test('the trace of a trusted caller goes on', async () => {
    await using upstream = await startMirror();
    await using gateway = await startGateway({ orders: upstream.url, gateway: { trustTraceparent: true } });
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' };
    const seen = (await send(gateway.port, { path: '/orders', headers })).json() as Seen;
    expect(seen.headers['traceparent']).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    );
    expect(seen.headers['tracestate']).toBe('a=b');
  });
});

describe('answers', () => {
  test('status, fields and body reach the client; fields of the connection do not', async () => {
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(409, {
        'content-type': 'application/problem+json',
        connection: 'keep-alive, x-named',
        'x-named': '1',
        'x-powered-by': 'somebody',
        'x-request-id': 'not-yours',
        'set-cookie': ['a=1', 'b=2'],
      });
      response.end('{"status":409}');
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const answer = await send(gateway.port, order);
    expect(answer).toMatchObject({ status: 409, body: '{"status":409}' });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'set-cookie': ['a=1', 'b=2'] });
    expect(answer.headers).not.toHaveProperty('x-named');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers['x-request-id']).not.toBe('not-yours');
  });

  test('every byte of a body stays what it was', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/orders', agent: false }).end();
    const [response] = await once(request, 'response');
    expect(await buffer(response)).toEqual(bytes);
  });

  test.each([204, 304])('%d has no body and keeps the connection in step', async (status) => {
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(status, { etag: '"1"' }).end();
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const twice = `GET /orders HTTP/1.1\r\nhost: x\r\n\r\nGET /orders HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    const answers = await sendRaw(gateway.port, twice);
    expect(answers.match(new RegExp(`HTTP/1.1 ${status}`, 'g'))).toHaveLength(2);
  });

  test('interim answers are not taken for the final one', async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    await using gateway = await startGateway({ orders: upstream.url });
    expect(await send(gateway.port, { path: '/orders' })).toMatchObject({ status: 200, body: 'ok' });
  });

  test('a long answer is streamed: the first piece arrives before the last is made', async () => {
    const clientHasFirst = Promise.withResolvers<void>();
    await using upstream = await startUpstream((_request, response) => {
      response.write('first');
      void clientHasFirst.promise.then(() => response.end('last'));
    });
    await using gateway = await startGateway({ orders: upstream.url });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/orders', agent: false }).end();
    const [response] = await once(request, 'response');
    const [first] = await once(response, 'data');
    expect(String(first)).toBe('first');
    clientHasFirst.resolve();
    expect(await text(response)).toBe('last');
  });

  test('a client that reads slowly slows the upstream down instead of filling the memory', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const total = 1_024; // 64 MiB, far more than the sockets' buffers hold
    let written = 0;
    const blocked = Promise.withResolvers<void>();
    await using upstream = await startUpstream((_request, response) => {
      let stuck: NodeJS.Timeout | undefined;
      const write = (): void => {
        clearTimeout(stuck);
        while (written < total) {
          written += 1;
          if (response.write(chunk)) continue;
          // Half a second without a drain: everything on the way to the client is full.
          stuck = setTimeout(() => blocked.resolve(), 500);
          return;
        }
        response.end();
      };
      response.on('drain', write);
      write();
    });
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 20_000 } });
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/orders', agent: false }).end();
    const [response] = await once(request, 'response');
    await blocked.promise;
    expect(written).toBeLessThan(total / 2);
    let received = 0;
    for await (const piece of response as AsyncIterable<Buffer>) received += piece.length;
    expect(received).toBe(total * chunk.length);
  });

  test('a client that does not read at all is cut off and gives the upstream connection back', async () => {
    const upstreamClosed = Promise.withResolvers<void>();
    await using upstream = await startUpstream((_request, response) => {
      response.once('close', () => upstreamClosed.resolve());
      const chunk = Buffer.alloc(1_048_576);
      const write = (): void => {
        while (response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    await using gateway = await startGateway({ orders: upstream.url, upstream: { timeoutMs: 300 } });
    const client = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
    client.write('GET /orders HTTP/1.1\r\nhost: x\r\n\r\n');
    await upstreamClosed.promise;
    expect(await gateway.requestLine()).toMatchObject({ status: 200, incomplete: true });
    client.destroy();
  });
});

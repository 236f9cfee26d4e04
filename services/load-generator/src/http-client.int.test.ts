import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { HttpClient, NEVER_SENT, type HttpClientOptions, type HttpRequest } from './http-client.ts';

/** A server on a free port; closes its connections with itself. */
async function listen(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    target: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const listenHttp = (listener: RequestListener) => listen(createServer(listener));
const connect = (options: Partial<HttpClientOptions> & { target: URL }): HttpClient =>
  new HttpClient({ connections: 4, timeoutMs: 5000, ...options });

const post: HttpRequest = {
  method: 'POST',
  path: '/orders',
  headers: ['content-type', 'application/json'],
  body: '{}',
};

describe('HttpClient', () => {
  test('sends its API key with every request, when it has one', async () => {
    await using server = await listenHttp((request, response) => void response.end(request.headers.authorization));
    await using client = connect({ target: server.target, apiKey: 'key-of-the-shop' });
    await using stranger = connect({ target: server.target });
    expect(await client.send(post)).toMatchObject({ body: 'Bearer key-of-the-shop' });
    expect(await stranger.send(post)).toMatchObject({ body: '' });
  });

  test('sends method, path below the target, headers and body, and joins the pieces of the answer', async () => {
    await using server = await listenHttp((request, response) => {
      const { method, url } = request;
      request.on('data', (chunk: Buffer) => {
        response.write(`${method} ${url} ${request.headers['content-type']} `);
        setImmediate(() => response.end(`${chunk.toString()} ü`));
      });
    });
    await using client = connect({ target: new URL('/shop/', server.target) });
    const reply = await client.send(post);
    expect(reply).toEqual({ kind: 'answer', status: 200, body: 'POST /shop/orders application/json {} ü' });
    expect(client.inFlight).toBe(0);
  });

  test('uses as many connections as allowed; the other requests wait for one', async () => {
    const release = Promise.withResolvers<void>();
    const ports = new Set<number | undefined>();
    let active = 0;
    let mostActive = 0;
    await using server = await listenHttp((request, response) => {
      ports.add(request.socket.remotePort);
      mostActive = Math.max(mostActive, (active += 1));
      if (active === 3) release.resolve();
      void release.promise.then(() => {
        active -= 1;
        return response.end();
      });
    });
    await using client = connect({ target: server.target, connections: 3 });
    const replies = await Promise.all(Array.from({ length: 20 }, () => client.send(post)));
    expect(replies.every((reply) => reply.kind === 'answer')).toBe(true);
    expect({ connections: ports.size, mostActive }).toEqual({ connections: 3, mostActive: 3 });
  });

  test('a request that waits too long for a connection is given up and never sent', async () => {
    let requests = 0;
    const release = Promise.withResolvers<void>();
    await using server = await listenHttp((_request, response) => {
      requests += 1;
      void release.promise.then(() => response.end());
    });
    await using client = connect({ target: server.target, connections: 1, maxWaitMs: 100 });
    const first = client.send(post);
    const second = client.send(post);
    expect(await second).toEqual({ kind: 'none', error: NEVER_SENT });
    release.resolve();
    expect(await first).toMatchObject({ kind: 'answer', status: 200 });
    expect(await client.send(post)).toMatchObject({ kind: 'answer', status: 200 });
    expect(requests).toBe(2);
  });

  test('the wait for a connection does not count against the timeout', async () => {
    const firstIsGivenUp = Promise.withResolvers<void>();
    let requests = 0;
    await using server = await listenHttp((_request, response) => {
      requests += 1;
      // The second request arrives after longer than its timeout, and is answered at once.
      if (requests > 1) response.end();
    });
    await using client = connect({ target: server.target, connections: 1, timeoutMs: 300 });
    const first = client.send(post).then((reply) => {
      firstIsGivenUp.resolve();
      return reply;
    });
    const second = client.send(post);
    await firstIsGivenUp.promise;
    expect(await first).toEqual({ kind: 'none', error: 'timeout' });
    expect(await second).toMatchObject({ kind: 'answer', status: 200 });
  });

  test('requests that are given up while they wait cost no connection', async () => {
    const release = Promise.withResolvers<void>();
    let connections = 0;
    const listener = createServer((_request, response) => void release.promise.then(() => response.end()));
    listener.on('connection', () => (connections += 1));
    await using server = await listen(listener);
    await using client = connect({ target: server.target, connections: 1, maxWaitMs: 200 });
    const served = client.send({ ...post, timeoutMs: 60_000 });
    const givenUp = await Promise.all(Array.from({ length: 20 }, () => client.send(post)));
    expect(new Set(givenUp.map((reply) => reply.kind === 'none' && reply.error))).toEqual(new Set([NEVER_SENT]));
    release.resolve();
    expect(await served).toMatchObject({ kind: 'answer' });
    expect(await client.send(post)).toMatchObject({ kind: 'answer' });
    expect(connections).toBe(1);
  });

  test('a connection that is refused or reset, and an answer that is not HTTP, are replies with a reason', async () => {
    const gone = await listenHttp(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using refused = connect({ target: gone.target });
    expect(await refused.send(post)).toEqual({ kind: 'none', error: 'ECONNREFUSED' });

    await using reset = await listenHttp((request) => void request.socket.resetAndDestroy());
    await using resetClient = connect({ target: reset.target });
    expect(await resetClient.send(post)).toEqual({ kind: 'none', error: 'ECONNRESET' });

    await using noise = await listen(createTcpServer((socket) => void socket.end('hello\r\n\r\n')));
    await using noiseClient = connect({ target: noise.target });
    expect((await noiseClient.send(post)).kind).toBe('none');
  });

  test('does not keep an endless answer', async () => {
    await using server = await listenHttp((_request, response) => {
      const piece = 'x'.repeat(65_536);
      const write = (): void => {
        while (response.writable && response.write(piece));
      };
      response.on('drain', write);
      write();
    });
    await using client = connect({ target: server.target });
    expect(await client.send(post)).toMatchObject({ kind: 'none' });
  });

  test('abandon answers all that is in flight, and the client can be used on', async () => {
    let isSilent = true;
    await using server = await listenHttp((_request, response) => {
      if (!isSilent) response.end();
    });
    await using client = connect({ target: server.target, connections: 2 });
    const pending = [1, 2, 3, 4].map(() => client.send(post));
    client.abandon('abandoned');
    expect(await Promise.all(pending)).toEqual(pending.map(() => ({ kind: 'none', error: 'abandoned' })));
    expect(client.inFlight).toBe(0);
    isSilent = false;
    expect(await client.send(post)).toMatchObject({ kind: 'answer' });
  });
});

import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { RateLimiter } from '../src/rate-limit.ts';
import { connectRaw, order, send, sendRaw, startGateway, startUpstream, type RunningGateway } from './harness.ts';

function startAccepting() {
  return startUpstream((request, response) => {
    void text(request).then((body) => response.writeHead(201).end(String(body.length)));
  });
}

const post = (fields: string): string => `POST /orders HTTP/1.1\r\nhost: x\r\n${fields}\r\n\r\n`;

describe('body limit', () => {
  const gateway = { maxBodyBytes: 1_000 };

  test.each([
    ['declared', { 'content-length': '1000' }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])('a %s body of exactly the limit passes', async (_name, headers) => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway });
    const answer = await send(running.port, { ...order, headers, body: 'x'.repeat(1_000) });
    expect(answer).toMatchObject({ status: 201, body: '1000' });
  });

  test.each([
    ['declared', { 'content-length': '1001' }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])('a %s body of one byte more is answered 413', async (_name, headers) => {
    await using upstream = await startUpstream(() => {
      throw new Error('nothing may arrive here');
    });
    await using running = await startGateway({ orders: upstream.url, gateway });
    const answer = await send(running.port, { ...order, headers, body: 'x'.repeat(1_001) });
    expect(answer.status).toBe(413);
    expect(answer.headers).toMatchObject({ connection: 'close', 'content-type': 'application/problem+json' });
    expect(answer.json()).toMatchObject({
      type: 'urn:orderflow:problem:payload-too-large',
      detail: 'The limit is 1000 bytes',
    });
  });

  test('413 comes before the body: nobody has to send a gigabyte to learn that it is too much', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway });
    const answer = await sendRaw(running.port, post('content-length: 1000000000'));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    ['declared', 'content-length: 1000000000', 'x'.repeat(65_536)],
    ['chunked', 'transfer-encoding: chunked', `10000\r\n${'x'.repeat(65_536)}\r\n`],
  ])('a client that keeps sending a %s body reads its 413 and is then cut off', async (_name, fields, piece) => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway });
    const { socket, received } = connectRaw(running.port);
    let sent = 0;
    const pump = (): void => {
      while (!socket.destroyed && socket.write(piece)) sent += piece.length;
      sent += piece.length;
    };
    socket.on('drain', pump);
    socket.write(post(fields), pump);
    expect(await received).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(20_000_000); // what a megabyte of patience and the kernel's buffers hold, not a gigabyte
    expect(await running.requestLine()).toMatchObject({ status: 413 });
  });

  test('a refused request with a small body keeps the connection', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway });
    const refused = 'DELETE /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello';
    const answers = await sendRaw(
      running.port,
      `${refused}${refused.replace('host: x', 'host: x\r\nconnection: close')}`,
    );
    expect(answers.match(/HTTP\/1\.1 405/g)).toHaveLength(2);
  });
});

describe('slow and oversized requests', () => {
  test('a head that never ends in time is answered 408 and the connection closed, whatever the client does', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, server: { headersTimeoutMs: 200 } });
    const { socket, received } = connectRaw(running.port);
    socket.write('POST /orders HTTP/1.1\r\nhost: x\r\nx-slow: ');
    // The client keeps its side open and goes on writing; only a closed connection can stop it.
    const drip = setInterval(() => socket.write('x'), 50);
    expect(await received).toMatch(/^HTTP\/1\.1 408 [\s\S]*urn:orderflow:problem:request-timeout/);
    clearInterval(drip);
  });

  test('a body that never ends in time is answered 408 and never sent on', async () => {
    let arrived = 0;
    await using upstream = await startUpstream(() => {
      arrived += 1;
    });
    await using running = await startGateway({
      orders: upstream.url,
      server: { requestTimeoutMs: 200, headersTimeoutMs: 100 },
    });
    expect(await sendRaw(running.port, post('content-length: 10'))).toMatch(/^HTTP\/1\.1 408 /);
    expect(await running.requestLine()).toMatchObject({ status: 408 });
    expect(arrived).toBe(0);
  });

  test.each([
    ['one field of 100 kB', `x: ${'x'.repeat(100_000)}`],
    ['thousands of fields', Array.from({ length: 5_000 }, (_, index) => `x-${index}: ${index}`).join('\r\n')],
  ])('%s is answered 431', async (_name, fields) => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url });
    const answer = await sendRaw(running.port, post(fields));
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*urn:orderflow:problem:headers-too-large/);
  });

  test.each(['GARBAGE\r\n\r\n', 'GET /orders HTTP/1.1\r\nno colon\r\n\r\n', 'GET /orders HTTP/1.1\r\n\r\n'])(
    '%j is answered 400',
    async (bytes) => {
      await using upstream = await startAccepting();
      await using running = await startGateway({ orders: upstream.url });
      expect(await sendRaw(running.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  test('connections beyond the cap are dropped, those within are served', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, server: { maxConnections: 1 } });
    using agent = disposableAgent();
    const first = await sendKeepingAlive(running, agent);
    expect(first).toBe(200);
    await expect(send(running.port, { path: '/' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await sendKeepingAlive(running, agent)).toBe(200);
  });
});

function disposableAgent(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

async function sendKeepingAlive(running: RunningGateway, agent: Agent): Promise<number | undefined> {
  const request = httpRequest({ host: '127.0.0.1', port: running.port, agent, path: '/' }).end();
  const [response] = await once(request, 'response');
  await text(response);
  return response.statusCode;
}

describe('rate limit', () => {
  const limiter = () => new RateLimiter({ perSecond: 0.01, burst: 2 });

  test('answers 429 with Retry-After and says on every answer what remains', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway: { limiter: limiter() } });
    const answers = [];
    for (let request = 0; request < 3; request += 1) answers.push(await send(running.port, order));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    expect(answers.map(({ headers }) => headers['ratelimit'])).toEqual([
      '"default";r=1;t=100',
      '"default";r=0;t=200',
      '"default";r=0;t=200',
    ]);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"default";q=2;w=200');
    expect(answers[2]?.headers['retry-after']).toBe('100');
    expect(answers[2]?.json()).toMatchObject({ type: 'urn:orderflow:problem:too-many-requests' });
  });

  test('a client cannot escape by inventing X-Forwarded-For', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({ orders: upstream.url, gateway: { limiter: limiter() } });
    const statuses = [];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
      statuses.push((await send(running.port, { path: '/', headers: { 'x-forwarded-for': address } })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('behind a trusted proxy clients are told apart by what the proxy saw', async () => {
    await using upstream = await startAccepting();
    await using running = await startGateway({
      orders: upstream.url,
      gateway: { limiter: limiter(), trustProxyHops: 1 },
    });
    const statuses = [];
    for (const forwarded of ['9.9.9.9, 1.1.1.1', '8.8.8.8, 1.1.1.1', '7.7.7.7, 1.1.1.1', '7.7.7.7, 2.2.2.2']) {
      statuses.push((await send(running.port, { path: '/', headers: { 'x-forwarded-for': forwarded } })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200]);
  });
});

import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOpenApiDocument } from '@orderflow/contracts/openapi';
import { until } from '@orderflow/local/testing';
import {
  connectRaw,
  metricValue,
  order,
  send,
  sendRaw,
  startGateway,
  startUpstream,
  type FakeUpstream,
  type RunningGateway,
} from './harness.ts';

/**
 * What arrived behind the gateway, as `METHOD path body`. A smuggled request would be one that no client sent as such.
 */
const arrived: string[] = [];
let upstream: FakeUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    void text(request).then((body) => {
      arrived.push(`${request.method} ${request.url} ${body}`);
      return response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    });
  });
  gateway = await startGateway({
    orders: upstream.url,
    server: { headersTimeoutMs: 150, requestTimeoutMs: 300 },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** Another client, with a connection of its own, while the hostile one does what it does. */
async function expectService(): Promise<void> {
  expect(await send(gateway.port, order)).toMatchObject({ status: 201 });
}

const post = (fields: readonly string[], body: string): string =>
  `${['POST /orders HTTP/1.1', 'host: x', ...fields].join('\r\n')}\r\n\r\n${body}`;

const CHUNKED = 'transfer-encoding: chunked';
/** What an attacker wants the service to take for a request of its own. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
}
const document = JSON.parse(JSON.stringify(createOpenApiDocument())) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const DOCUMENTED = Object.keys(document.paths['/orders']?.['post']?.responses ?? {});

describe('one connection, two readings', () => {
  test.each([
    ['CL.TE', post(['content-length: 5', CHUNKED], `0\r\n\r\n${SMUGGLED}`)],
    ['TE.CL', post([CHUNKED, 'content-length: 5'], `0\r\n\r\n${SMUGGLED}`)],
    ['two different lengths', post(['content-length: 0', `content-length: ${SMUGGLED.length}`], SMUGGLED)],
    ['two equal lengths', post(['content-length: 2', 'content-length: 2'], `{}${SMUGGLED}`)],
    ['a list of lengths', post([`content-length: 0, ${SMUGGLED.length}`], SMUGGLED)],
    ['a negative length', post(['content-length: -1'], SMUGGLED)],
    ['a length with a sign', post(['content-length: +0'], SMUGGLED)],
    ['a length in hex', post(['content-length: 0x0'], SMUGGLED)],
    ['a length beyond 64 bits', post(['content-length: 18446744073709551616'], SMUGGLED)],
    ['chunked that is not last', post(['transfer-encoding: chunked, identity'], `0\r\n\r\n${SMUGGLED}`)],
    ['chunked twice', post([CHUNKED, CHUNKED], `0\r\n\r\n${SMUGGLED}`)],
    ['an unknown coding', post(['transfer-encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`)],
    ['a vertical tab before chunked', post(['transfer-encoding:\u000bchunked'], `0\r\n\r\n${SMUGGLED}`)],
    ['a space before the colon', post(['transfer-encoding : chunked'], `0\r\n\r\n${SMUGGLED}`)],
    ['a folded field', post(['content-length: 0', 'x: a', ` ${CHUNKED}`], SMUGGLED)],
    ['a folded coding', post(['transfer-encoding:', ' chunked'], `0\r\n\r\n${SMUGGLED}`)],
    ['a bare line feed', `POST /orders HTTP/1.1\nhost: x\ncontent-length: 0\n\n${SMUGGLED}`],
    ['a line feed that hides a field', post(['x: a\ntransfer-encoding: chunked'], `0\r\n\r\n${SMUGGLED}`)],
    ['a carriage return within a field', post(['x: a\rtransfer-encoding: chunked'], SMUGGLED)],
    ['a zero byte', post(['x: a\u0000b'], SMUGGLED)],
    ['a chunk size that is no number', post([CHUNKED], `zz\r\n\r\n${SMUGGLED}`)],
    ['a negative chunk size', post([CHUNKED], `-1\r\n\r\n${SMUGGLED}`)],
    ['a chunk size with a prefix', post([CHUNKED], `0x0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size beyond 64 bits', post([CHUNKED], `10000000000000000\r\n\r\n${SMUGGLED}`)],
    ['a chunk without its end', post([CHUNKED], `1\r\naX0\r\n\r\n${SMUGGLED}`)],
    ['a chunk longer than it says', post([CHUNKED], `1\r\nab\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a bare line feed after a chunk size', post([CHUNKED], `0\n\n${SMUGGLED}`)],
    ['a chunk extension without end', post([CHUNKED], `1;${'x'.repeat(100_000)}\r\na\r\n0\r\n\r\n${SMUGGLED}`)],
  ])('%s is answered once, by a documented refusal, and nothing goes on', async (_, bytes) => {
    arrived.length = 0;
    const answer = await sendRaw(gateway.port, bytes);
    const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status);
    expect(statuses).toEqual([expect.stringMatching(/^4/)]);
    expect(DOCUMENTED).toEqual(expect.arrayContaining(statuses));
    expect(answer).toContain('application/problem+json');
    expect(arrived).toEqual([]);
    await expectService();
  });

  test('chunks with extensions are read, and go on without them', async () => {
    arrived.length = 0;
    const body = '2;a="b;c"\r\n{}\r\n0;last\r\ntrailer: x\r\n\r\n';
    expect(await sendRaw(gateway.port, post([CHUNKED, 'connection: close'], body))).toMatch(/^HTTP\/1\.1 201 /);
    expect(arrived).toEqual(['POST /orders {}']);
  });

  test('requests in a row on one connection are answered in their order, each by itself', async () => {
    arrived.length = 0;
    const bytes = [1, 2, 3].map((number) => post(['content-length: 1'], String(number))).join('');
    const closing = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const answers = await sendRaw(gateway.port, bytes + closing);
    expect([...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
      '201',
      '201',
      '201',
      '200',
    ]);
    expect(arrived.toSorted()).toEqual(['POST /orders 1', 'POST /orders 2', 'POST /orders 3']);
  });
});

describe('clients that hold on', () => {
  /** Writes a piece again and again until the gateway has had enough; returns what it answered. */
  async function drip(head: string, piece: string): Promise<string> {
    const { socket, received } = connectRaw(gateway.port);
    socket.write(head);
    const dripping = setInterval(() => socket.write(piece), 20);
    const answer = await received;
    clearInterval(dripping);
    return answer;
  }

  test.each([
    ['heads', 'GET /orders HTTP/1.1\r\n', 'x: y\r\n'],
    ['bodies', post(['content-length: 60000'], ''), '{'],
    ['chunks', post([CHUNKED], ''), '1\r\n{\r\n'],
    ['first lines', '', '\r\n'],
  ])('a hundred that drip their %s are cut off in time, and others are served meanwhile', async (_, head, piece) => {
    const dripping = Array.from({ length: 100 }, () => drip(head, piece));
    await expectService();
    for (const answer of await Promise.all(dripping)) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
    await expectService();
  });

  test.each([
    ['before its first byte', ''],
    ['within its head', 'POST /orders HTTP/1.1\r\nhost:'],
    ['within its body', post(['content-length: 10'], 'half')],
    ['within a chunk', post([CHUNKED], 'a\r\nhalf')],
  ])('one that closes its side %s is let go, and nothing goes on', async (_, bytes) => {
    arrived.length = 0;
    const { socket, received } = connectRaw(gateway.port);
    socket.end(bytes);
    expect(await received).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
    expect(arrived).toEqual([]);
    await expectService();
  });

  test('one that closes its side after a whole request has left, as far as the server is concerned', async () => {
    const { socket, received } = connectRaw(gateway.port);
    socket.end(post(['content-length: 2', 'x-request-id: half-closed'], '{}'));
    expect(await received).toBe('');
    expect(await gateway.requestLine(({ requestId }) => requestId === 'half-closed')).toMatchObject({ status: 499 });
    await expectService();
  });

  test('two hundred that vanish with a reset leave nothing in flight', async () => {
    const sockets = Array.from({ length: 200 }, () => connectRaw(gateway.port));
    await Promise.all(
      sockets.map(async ({ socket, received }) => {
        socket.write(post(['content-length: 10'], 'half'), () => socket.resetAndDestroy());
        await received;
      }),
    );
    await expectService();
    await until(async () => (await metricValue(gateway, 'http_requests_in_flight')) === 0, {
      what: 'nothing is in flight',
    });
  });
});

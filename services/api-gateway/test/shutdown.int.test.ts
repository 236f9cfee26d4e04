import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { order, startGateway, startUpstream } from './harness.ts';

async function post(port: number, agent: Agent): Promise<{ response: IncomingMessage; body: string }> {
  const request = httpRequest({ host: '127.0.0.1', port, agent, ...order }).end(order.body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}

test('stopping answers what is in flight, tells clients to leave and waits for no idle connection', async () => {
  const inFlight = 10;
  const release = Promise.withResolvers<void>();
  const allArrived = Promise.withResolvers<void>();
  let arrived = 0;
  await using upstream = await startUpstream((request, response) => {
    request.resume();
    arrived += 1;
    if (arrived === inFlight) allArrived.resolve();
    void release.promise.then(() => response.writeHead(201).end('durable'));
  });
  await using gateway = await startGateway({ orders: upstream.url });
  const { port } = gateway;
  const agent = new Agent({ keepAlive: true });
  const answers = Promise.all(Array.from({ length: inFlight }, () => post(port, agent)));
  await allArrived.promise;

  const stopped = gateway.stop();
  const [refusal] = await once(connect(port, '127.0.0.1'), 'error');
  expect(refusal).toMatchObject({ code: 'ECONNREFUSED' });
  release.resolve();

  for (const { response, body } of await answers) {
    expect(response.statusCode).toBe(201);
    expect(response.headers.connection).toBe('close');
    expect(body).toBe('durable');
  }
  await stopped;
  agent.destroy();
});

test('stopping closes kept-alive connections that are idle', async () => {
  await using upstream = await startUpstream((request, response) => {
    request.resume();
    response.end('ok');
  });
  await using gateway = await startGateway({ orders: upstream.url });
  const { port } = gateway;
  const agent = new Agent({ keepAlive: true });
  const { response } = await post(port, agent);
  expect(response.headers.connection).toBe('keep-alive');
  await gateway.stop();
  agent.destroy();
});

test('clients that send without pause lose no request to a stop', async () => {
  let served = 0;
  await using upstream = await startUpstream((request, response) => {
    request.resume();
    served += 1;
    response.writeHead(201).end('durable');
  });
  await using gateway = await startGateway({ orders: upstream.url });
  const { port } = gateway;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let answered = 0;
  const failures: unknown[] = [];
  const client = async (): Promise<void> => {
    for (;;) {
      try {
        const { response } = await post(port, agent);
        if (response.statusCode === 201) answered += 1;
        else failures.push(response.statusCode);
        if (answered === 200) void gateway.stop();
      } catch (error: unknown) {
        // Nobody listens any more, which a client is told before it sends anything.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') failures.push(error);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  await gateway.stop();
  expect(failures).toEqual([]);
  expect(answered).toBe(served);
  expect(answered).toBeGreaterThanOrEqual(200);
  agent.destroy();
});

test('what is not done by the deadline is cut off', async () => {
  const arrived = Promise.withResolvers<void>();
  await using upstream = await startUpstream(() => arrived.resolve());
  await using gateway = await startGateway({ orders: upstream.url });
  const { port } = gateway;
  const agent = new Agent({ keepAlive: true });
  const answer = post(port, agent);
  await arrived.promise;
  const stopped = gateway.stop(AbortSignal.timeout(100));
  await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
  await stopped;
  agent.destroy();
});

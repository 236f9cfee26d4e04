import { Agent, request as httpRequest } from 'node:http';
import { HttpServer, type RequestHandler } from './http-server.ts';
import { sleep } from './sleep.ts';

const LOOPBACK = '127.0.0.1';
const CONNECTIONS = 2;

/** Work and rest, so that a process that starts leaves the CPU to those that serve. */
const BURST = 20;
const REST_MS = 20;

/** A request that is sent many times. */
export interface WarmUpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends a request `times` times to a handler, through a server and sockets of its own that are closed afterwards, so
 * that what it goes through is compiled before the first customer needs it. In a rollout a new process takes a share of
 * all requests at once; cold, it answers them ten times slower. The handler gets stand-ins for what must not notice.
 */
export async function exercise(handler: RequestHandler, request: WarmUpRequest, times: number): Promise<void> {
  const server = new HttpServer({ name: 'warm-up', host: LOOPBACK, port: 0, handler, drainGraceMs: 0 });
  await server.start();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    let left = times;
    const sendInTurn = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await send(server.port, request, agent);
        if (left % BURST === 0) await sleep(REST_MS);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, sendInTurn));
  } finally {
    agent.destroy();
    await server.stop();
  }
}

function send(port: number, { method, path, headers, body }: WarmUpRequest, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const outgoing = httpRequest({ host: LOOPBACK, port, method, path, headers, agent }, (answer) => {
    answer.once('end', resolve);
    answer.resume();
  });
  outgoing.once('error', reject);
  outgoing.end(body);
  return promise;
}

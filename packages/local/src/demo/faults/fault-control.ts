import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HttpServer, type RequestHandler } from '@orderflow/service-kit/http-server';
import { LOOPBACK } from '../../ports.ts';
import type { StrikeAnswer } from './fault-desk.ts';

const ANSWERS: Readonly<Record<StrikeAnswer, { readonly status: number; readonly title: string }>> = {
  started: { status: 202, title: 'The fault is under way' },
  busy: { status: 409, title: 'A fault is under way already' },
  closed: { status: 409, title: 'No fault is taken at present' },
  unknown: { status: 404, title: 'There is no such fault' },
};

/** Where faults are asked for; only who has read the token may. */
export interface FaultControl extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

export async function startFaultControl(strike: (kind: string) => StrikeAnswer): Promise<FaultControl> {
  const token = randomBytes(32).toString('hex');
  const wanted = Buffer.from(`Bearer ${token}`);
  const handler: RequestHandler = (request, response) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    const isAllowed = given.length === wanted.length && timingSafeEqual(given, wanted);
    const [, kind] = /^\/faults\/([a-z-]+)$/.exec(request.url ?? '') ?? [];
    const answer = !isAllowed
      ? { status: 401, title: 'The request needs the token' }
      : ANSWERS[request.method === 'POST' && kind !== undefined ? strike(kind) : 'unknown'];
    const isProblem = answer.status >= 400;
    response
      .writeHead(answer.status, { 'content-type': isProblem ? 'application/problem+json' : 'application/json' })
      .end(JSON.stringify(isProblem ? { type: 'about:blank', ...answer } : { title: answer.title }));
  };
  const server = new HttpServer({ name: 'fault-control', host: LOOPBACK, port: 0, handler, drainGraceMs: 0 });
  await server.start();
  return { url: `http://${LOOPBACK}:${server.port}`, token, [Symbol.asyncDispose]: () => server.stop() };
}

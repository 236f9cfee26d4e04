import type { ServerResponse } from 'node:http';
import { HttpServer } from './http-server.ts';
import type { ReadinessCheck } from './lifecycle.ts';
import type { Registry } from './metrics.ts';

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  readonly checks: readonly ReadinessCheck[];
  /** More paths, and what each answers, as JSON. */
  readonly reports?: Readonly<Record<string, () => unknown>>;
}

/** One port per process, never public: `/metrics`, `/healthz` (the event loop turns) and `/readyz` (send me work). */
export function createAdminServer({ host, port, registry, checks, reports = {} }: AdminServerOptions): HttpServer {
  const known = new Map(Object.entries(reports));
  const paths = ['/metrics', '/healthz', '/readyz', ...known.keys()];
  return new HttpServer({
    name: 'admin-server',
    host,
    port,
    drainGraceMs: 0, // a scraper asks again
    handler: (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const report = known.get(path);
      if (path === '/healthz') sendText(response, 200, 'ok\n');
      else if (path === '/readyz') sendReadiness(response, checks);
      else if (path === '/metrics') void sendMetrics(response, registry);
      else if (report !== undefined) sendJson(response, report());
      else sendText(response, 404, `only ${paths.join(', ')} live here\n`);
    },
  });
}

function sendReadiness(response: ServerResponse, checks: readonly ReadinessCheck[]): void {
  const reasons = checks.flatMap((check) => {
    const reason = check.reasonNotReady();
    return reason === undefined ? [] : [`${check.name}: ${reason}\n`];
  });
  if (reasons.length === 0) sendText(response, 200, 'ready\n');
  else sendText(response, 503, reasons.join(''));
}

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    sendText(response, 200, { text, type: registry.contentType });
  } catch (error: unknown) {
    sendText(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function sendJson(response: ServerResponse, content: unknown): void {
  sendText(response, 200, { text: JSON.stringify(content), type: 'application/json' });
}

function sendText(
  response: ServerResponse,
  status: number,
  content: string | { readonly text: string; readonly type: string },
): void {
  const { text, type } = typeof content === 'string' ? { text: content, type: 'text/plain; charset=utf-8' } : content;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

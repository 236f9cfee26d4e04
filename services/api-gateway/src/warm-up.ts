import { HttpServer } from '@orderflow/service-kit/http-server';
import type { Component } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import { exercise } from '@orderflow/service-kit/warm-up';
import { orderAdmissionOf, rateLimiterOf, type GatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import { createGatewayMetrics } from './metrics.ts';
import { Upstream } from './upstream.ts';

const REQUESTS = 600;

const ORDER = {
  method: 'POST',
  path: '/orders',
  headers: { 'content-type': 'application/json' },
  body: '{"customerId":"warm-up","items":[{"productId":"product-1","quantity":2,"price":19.99}]}',
};

const ANSWER = '{"orderId":"00000000-0000-7000-8000-000000000000","status":"CREATED","totalPrice":39.98}';

/**
 * Makes a new process as quick as an old one before it is ready: a second gateway, which nobody else can reach and whose
 * metrics and log go nowhere, passes orders on to a server that only says yes.
 */
export function createWarmUp(config: GatewayConfig): Component {
  return {
    name: 'warm-up',
    start: async () => {
      const upstreamServer = new HttpServer({
        name: 'warm-up-upstream',
        host: '127.0.0.1',
        port: 0,
        drainGraceMs: 0,
        handler: (request, response) => {
          request.resume();
          response.writeHead(201, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
        },
      });
      await upstreamServer.start();
      const url = `http://127.0.0.1:${upstreamServer.port}`;
      const upstream = new Upstream({ name: 'warm-up', url, connections: 8, queue: 8, timeoutMs: 10_000 });
      const gateway = createGateway({
        upstreams: { orders: upstream, analytics: upstream },
        logger: createLogger({ service: 'warm-up', level: 'info', destination: { write: () => undefined } }),
        metrics: createGatewayMetrics(new Registry()),
        limiter: rateLimiterOf(config),
        admission: orderAdmissionOf(config, performance.now()),
        apiKeys: undefined,
        maxBodyBytes: config.MAX_BODY_BYTES,
        trustProxyHops: config.TRUST_PROXY_HOPS,
        trustTraceparent: config.TRUST_TRACEPARENT,
      });
      await exercise(gateway, ORDER, REQUESTS);
      await upstream.stop();
      await upstreamServer.stop();
    },
  };
}

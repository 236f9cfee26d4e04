/** A gateway of Fastify with @fastify/http-proxy, which forwards with undici. */
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { readGatewayPeerConfig } from './config.ts';

const config = readGatewayPeerConfig(process.env);
const app = fastify({ logger: false });
await app.register(httpProxy, {
  upstream: config.ORDER_SERVICE_URL,
  undici: { connections: 256, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 },
});
await app.listen({ port: config.HTTP_PORT, host: '127.0.0.1' });
process.stdout.write('ready\n');

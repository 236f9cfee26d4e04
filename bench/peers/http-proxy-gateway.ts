/** A gateway of http-proxy, with keep-alive to the order service. */
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { readGatewayPeerConfig } from './config.ts';

const config = readGatewayPeerConfig(process.env);
const proxy = httpProxy.createProxyServer({
  target: config.ORDER_SERVICE_URL,
  agent: new Agent({ keepAlive: true, maxSockets: 256 }),
  xfwd: true,
  proxyTimeout: 10_000,
});
proxy.on('error', (_error, _request, response) => {
  if ('writeHead' in response && !response.headersSent) response.writeHead(502);
  response.end();
});
createServer((request, response) => proxy.web(request, response)).listen(config.HTTP_PORT, '127.0.0.1', () =>
  process.stdout.write('ready\n'),
);

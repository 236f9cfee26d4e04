import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LOOPBACK } from './ports.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

let received: string;
let peers: Socket[];
let server: Server;
let proxy: TcpProxy;
beforeEach(async () => {
  received = '';
  peers = [];
  server = createServer((socket) => {
    peers.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(`echo ${chunk.toString()}`);
    });
  }).listen(0, LOOPBACK);
  await once(server, 'listening');
  proxy = await startTcpProxy({ targetPort: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  server.close();
  await once(server, 'close');
});

/** Connected or not yet: what is written waits for the connection. */
function connectClient(): { socket: Socket; answers: () => string } {
  const socket = connect(proxy.port, LOOPBACK);
  socket.on('error', () => undefined);
  let answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  return { socket, answers: () => answers };
}

test('passes what it is given', async () => {
  const { socket, answers } = connectClient();
  socket.write('a');
  expect(await until(answers, { what: 'the answer' })).toBe('echo a');
});

test('hold keeps everything until it passes again', async () => {
  const { socket, answers } = connectClient();
  socket.write('a');
  await until(() => answers() === 'echo a', { what: 'the first answer' });
  proxy.setMode('hold');
  socket.write('b');
  await new Promise((resolve) => socket.write('c', resolve));
  expect(received).toBe('a');
  proxy.setMode('pass');
  await until(() => received === 'abc', { what: 'the held bytes have arrived' });
});

test('dropReplies delivers the request and loses the answer', async () => {
  const { socket, answers } = connectClient();
  proxy.setMode('dropReplies');
  socket.write('lost');
  await until(() => received === 'lost', { what: 'the request has arrived' });
  proxy.setMode('pass');
  socket.write('found');
  await until(() => answers().endsWith('found'), { what: 'the later answer' });
  expect(answers()).toBe('echo found');
});

test('cut resets what is connected and takes new connections', async () => {
  const { socket } = connectClient();
  await until(() => proxy.connections === 1, { what: 'the proxy has the connection' });
  proxy.cut();
  await until(() => socket.closed, { what: 'the client was cut off' });
  const again = connectClient();
  again.socket.write('a');
  expect(await until(again.answers, { what: 'an answer on the new connection' })).toBe('echo a');
});

test('refuse resets new connections too', async () => {
  proxy.setMode('refuse');
  const { socket } = connectClient();
  await until(() => socket.closed, { what: 'the client was cut off' });
  expect(proxy.connections).toBe(0);
});

test('strand leaves connections half open: neither side hears of the other, and new ones pass', async () => {
  const { socket, answers } = connectClient();
  socket.write('a');
  await until(() => answers() === 'echo a', { what: 'the first answer' });
  const [peer] = peers;
  proxy.strand();
  await new Promise((resolve) => socket.write('b', resolve));
  const again = connectClient();
  again.socket.write('c');
  await until(() => again.answers() === 'echo c', { what: 'an answer on the new connection' });
  expect({ received, answers: answers() }).toEqual({ received: 'ac', answers: 'echo a' });
  socket.destroy();
  await until(() => socket.closed, { what: 'the client has closed' });
  again.socket.write('d');
  await until(() => received === 'acd', { what: 'a later message' });
  expect(peer?.closed).toBe(false);
});

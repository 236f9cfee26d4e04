import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { runCommand } from '@orderflow/local/command';
import { readLocalEnvironment } from '@orderflow/local/environment';
import { requireJava } from '@orderflow/local/requirements';

export interface TestCertificate {
  /** What a client has to trust: the certificate is its own authority. */
  readonly caPem: string;
  readonly context: SecureContext;
}

/** A certificate for a host, as the SAN extension writes it: `ip:127.0.0.1`, `dns:db.example`. */
export async function createTestCertificate(host: string): Promise<TestCertificate> {
  const { keytool } = await requireJava(readLocalEnvironment());
  const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
  try {
    const keyStore = join(directory, 'key.p12');
    const certificate = join(directory, 'ca.pem');
    const passphrase = 'only for this test';
    const store = ['-alias', 'a', '-keystore', keyStore, '-storetype', 'PKCS12', '-storepass', passphrase] as const;
    const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30', '-dname', 'CN=test'] as const;
    await runCommand([keytool, '-genkeypair', ...key, '-ext', 'bc:critical=ca:true', '-ext', `san=${host}`, ...store]);
    await runCommand([keytool, '-exportcert', '-rfc', '-file', certificate, ...store]);
    const context = createSecureContext({ pfx: await readFile(keyStore), passphrase });
    return { caPem: await readFile(certificate, 'utf8'), context };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Length and code of the message with which a client asks for TLS (PostgreSQL documentation, section 54.7). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export interface TlsFront extends AsyncDisposable {
  /** Connection string of the database behind, by way of this front. */
  readonly url: string;
}

/** A PostgreSQL that takes clients only over TLS: the real one at `url`, behind a front that decrypts. */
export async function startTlsFront(url: string, { context }: TestCertificate): Promise<TlsFront> {
  const behind = new URL(url);
  const front = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    track(sockets, socket);
    socket.once('data', (request) => {
      if (!request.equals(SSL_REQUEST)) {
        socket.destroy();
        return;
      }
      socket.write('S');
      const encrypted = new TLSSocket(socket, { isServer: true, secureContext: context });
      const upstream = connect(Number(behind.port), behind.hostname);
      track(sockets, upstream);
      upstream.pipe(encrypted).pipe(upstream);
      encrypted.on('error', () => upstream.destroy()); // a client that does not like the certificate
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  front.port = String(portOf(server));
  return {
    url: front.href,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the front does not listen');
  return address.port;
}

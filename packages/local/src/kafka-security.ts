import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { CLIENT_LISTENER } from './kafka-config.ts';

/** The least that Kafka takes. */
const SCRAM_ITERATIONS = 4096;

/** Users of a broker that takes clients only over TLS and with SCRAM-SHA-512. */
export interface KafkaSecurity {
  readonly scram: readonly ScramUser[];
}

export interface ScramUser {
  /** Letters, digits, dots and dashes. */
  readonly username: string;
  readonly password: string;
}

export interface SecurityMaterial {
  /** What clients have to trust, PEM. */
  readonly caPem: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Everyone to be made when the storage is formatted: the caller's users, and the broker's own. */
  readonly users: readonly ScramUser[];
}

interface MaterialOptions {
  readonly directory: string;
  readonly keytool: string;
  readonly security: KafkaSecurity;
}

/** Makes a certificate that is its own authority (for localhost and 127.0.0.1) and the settings that use it. */
export async function createSecurityMaterial(options: MaterialOptions): Promise<SecurityMaterial> {
  const { directory, keytool, security } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  const keyStore = join(directory, 'broker.p12');
  const certificate = join(directory, 'ca.pem');
  const store = ['-alias', 'broker', '-keystore', keyStore, '-storetype', 'PKCS12', '-storepass', password] as const;
  const extensions = ['-ext', 'bc:critical=ca:true', '-ext', 'san=dns:localhost,ip:127.0.0.1'] as const;
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650', '-dname', 'CN=localhost'] as const;
  await runCommand([keytool, '-genkeypair', ...key, ...extensions, ...store]);
  await runCommand([keytool, '-exportcert', '-rfc', '-file', certificate, ...store]);
  const broker: ScramUser = { username: 'broker', password: randomBytes(18).toString('base64url') };
  return {
    caPem: await readFile(certificate, 'utf8'),
    users: [...security.scram, broker],
    properties: securityProperties({ keyStore, password, certificate, broker }),
  };
}

interface StoreFacts {
  readonly keyStore: string;
  readonly password: string;
  readonly certificate: string;
  readonly broker: ScramUser;
}

function securityProperties({ keyStore, password, certificate, broker }: StoreFacts): Record<string, string> {
  const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${broker.username}" password="${broker.password}";`;
  const listener = `listener.name.${CLIENT_LISTENER.toLowerCase()}`;
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keyStore,
    'ssl.keystore.password': password,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificate,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    [`${listener}.scram-sha-512.sasl.jaas.config`]: login,
  };
}

/**
 * The arguments that make StorageTool create the users while it formats. They carry the salted password of RFC 5802
 * instead of the password: it stays off the command line, and may hold the commas that the tool splits at.
 */
export function scramArguments(users: readonly ScramUser[]): string[] {
  return users.flatMap(({ username, password }) => {
    const salt = randomBytes(16);
    const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 64, 'sha512');
    const credential = `salt="${salt.toString('base64')}",saltedpassword="${salted.toString('base64')}"`;
    return ['--add-scram', `SCRAM-SHA-512=[name=${username},iterations=${SCRAM_ITERATIONS},${credential}]`];
  });
}

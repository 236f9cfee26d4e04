import { createServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { LocalError } from './local-error.ts';

export const LOOPBACK = '127.0.0.1';
const START_TRIES = 3;

/**
 * A port of 127.0.0.1 on which nothing listens: the wanted one, or any.
 * @throws LocalError PORT_TAKEN, naming the port and, where `ss` tells it, the process that has it.
 */
export async function freePort(wanted?: number): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ host: LOOPBACK, port: wanted ?? 0, exclusive: true }, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => {
      resolve(port);
    });
  });
  try {
    return await promise;
  } catch (error) {
    throw portError(wanted ?? 0, error);
  }
}

/**
 * Starts a server on the wanted port, or on a free one. Between the look for a free port and the server's own bind
 * another process may take it; then another port is tried.
 */
export async function startOnPort<Started>(
  wanted: number | undefined,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  for (let triesLeft = START_TRIES; ; triesLeft--) {
    const port = await freePort(wanted);
    try {
      return await start(port);
    } catch (error: unknown) {
      if (wanted !== undefined || triesLeft === 1 || !lostItsPort(error)) throw error;
    }
  }
}

function lostItsPort(error: unknown): boolean {
  return (
    error instanceof LocalError && error.code === 'CHILD_EXITED' && /address already in use/i.test(error.details ?? '')
  );
}

function portError(port: number, cause: unknown): LocalError {
  const user = findPortUser(port);
  return new LocalError({
    code: 'PORT_TAKEN',
    message: `Port ${port} of ${LOOPBACK} cannot be listened on: ${user === undefined ? reasonOf(cause) : `${user} has it`}.`,
    fix: 'Stop what uses the port, or choose another one (or none: then a free port is taken).',
    cause,
  });
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return 'another process has it';
  return code === 'EACCES' ? 'this user may not use ports below 1024' : String(cause);
}

/** Parses the first listener of `ss -Hltnp`: `... users:(("postgres",pid=812,fd=7))`. */
export function parsePortUser(ssOutput: string): string | undefined {
  const match = /users:\(\("(?<command>[^"]+)",pid=(?<pid>\d+)/.exec(ssOutput);
  return match?.groups === undefined ? undefined : `${match.groups['command']} (pid ${match.groups['pid']})`;
}

function findPortUser(port: number): string | undefined {
  try {
    return parsePortUser(
      execFileSync('ss', ['-Hltnp', `sport = :${port}`], { encoding: 'utf8', timeout: 2_000, stdio: 'pipe' }),
    );
  } catch {
    return undefined;
  }
}

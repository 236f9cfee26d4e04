import type { IncomingMessage, ServerResponse } from 'node:http';

export type BodyResult = { readonly kind: 'complete'; readonly body: Buffer | null } | { readonly kind: 'too-large' };

const EMPTY: BodyResult = { kind: 'complete', body: null };
const TOO_LARGE: BodyResult = { kind: 'too-large' };

/**
 * Reads a body of at most `limitBytes` into memory and calls `done` once; never when the client goes away before, which
 * is seen at the response. Orders are a few hundred bytes, and only a body that is here as a whole can be refused
 * cleanly, passed on with its length and sent again. Callbacks, because a promise for each request costs the gateway.
 */
export function collectBody(request: IncomingMessage, limitBytes: number, done: (result: BodyResult) => void): void {
  if (!hasBody(request)) {
    done(EMPTY);
    return;
  }
  if (declaredBytes(request) > limitBytes) {
    done(TOO_LARGE);
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= limitBytes) {
      chunks.push(chunk);
      return;
    }
    request.off('data', onData);
    request.off('end', onEnd);
    request.pause();
    done(TOO_LARGE);
  };
  const onEnd = (): void => {
    const [first] = chunks;
    done({ kind: 'complete', body: chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes) });
  };
  request.on('data', onData);
  request.on('end', onEnd);
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || declaredBytes(request) > 0;
}

/** Content-Length; the HTTP parser lets only digits pass, and never both it and Transfer-Encoding. */
function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Whether what is left of the body may be more than `limitBytes`, so that reading on would be a favour to a flood. */
export function mayExceed(request: IncomingMessage, limitBytes: number): boolean {
  if (request.complete) return false;
  return request.headers['transfer-encoding'] !== undefined || declaredBytes(request) > limitBytes;
}

const LINGER_BYTES = 1_048_576;
const LINGER_MS = 1_000;

/**
 * Ends an answer whose request is still arriving and will not be read. Closing at once would make the kernel reset the
 * connection and the client lose the answer, so a bounded rest is read and thrown away (RFC 9112 section 9.6). The
 * answer must already be written in full, with `connection: close`.
 */
export function lingerAndEnd(request: IncomingMessage, response: ServerResponse): void {
  let left = LINGER_BYTES;
  const finish = (): void => {
    clearTimeout(timer);
    request.off('data', onData);
    request.pause();
    response.end();
  };
  const onData = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, LINGER_MS);
  request.on('data', onData);
  request.once('end', finish);
  response.once('close', () => clearTimeout(timer));
  request.resume();
}

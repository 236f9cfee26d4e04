import type { IncomingHttpHeaders } from 'node:http';
import { CUSTOMER_SCOPE_HEADER } from '@orderflow/contracts/customer-scope';
import type { ApiClient } from './api-keys.ts';

/**
 * Header fields of a request that go upstream. An allow-list: the services have a contract, and a field that is not part
 * of it (a cookie, somebody's `x-internal-user`, another spelling of Content-Length) has no business behind the gateway.
 * Accept-Encoding is left out on purpose: compressing small JSON between two processes costs more than it saves.
 * Content-Encoding stays because dropping it would change what the body means.
 */
const REQUEST_FIELDS = [
  'accept',
  'accept-language',
  'authorization',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'user-agent',
] as const;

/**
 * Fields of an answer that end here. A block-list: the upstreams are ours and answer what the client should see. These
 * belong to one connection (RFC 9110 section 7.6.1), or say what the software is, or are the gateway's to set.
 */
const RESPONSE_BLOCKED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'ratelimit',
  'ratelimit-policy',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-powered-by',
  'x-request-id',
]);

/** What the gateway itself says to the upstream about a request. */
export interface ForwardingFacts {
  readonly requestId: string;
  readonly traceparent: string;
  /** Passed on only when the caller's trace is continued. */
  readonly tracestate: string | undefined;
  /** The address of the peer of our socket: it is appended to X-Forwarded-For or begins it. */
  readonly socketAddress: string | undefined;
  /** Whether a proxy in front set the X-Forwarded fields that came in. */
  readonly behindProxy: boolean;
  /** Whose key was used; the key itself ends here. */
  readonly client?: ApiClient | undefined;
}

/** The fields of the upstream request, as a flat list of names and values. Host and Content-Length are undici's. */
export function requestHeaders(incoming: IncomingHttpHeaders, facts: ForwardingFacts): string[] {
  const dropped = connectionOptions(incoming.connection);
  const fields: string[] = [];
  for (const name of REQUEST_FIELDS) {
    const value = incoming[name];
    if (typeof value !== 'string' || dropped?.has(name) === true) continue;
    if (name === 'authorization' && facts.client !== undefined) continue;
    fields.push(name, value);
  }
  if (facts.client?.role === 'customer') fields.push(CUSTOMER_SCOPE_HEADER, facts.client.clientId);
  fields.push('x-request-id', facts.requestId, 'traceparent', facts.traceparent);
  if (facts.tracestate !== undefined) fields.push('tracestate', facts.tracestate);
  fields.push('x-forwarded-for', forwardedFor(incoming, facts), 'x-forwarded-proto', forwardedProto(incoming, facts));
  fields.push('via', '1.1 api-gateway');
  return fields;
}

function forwardedFor(incoming: IncomingHttpHeaders, facts: ForwardingFacts): string {
  const socketAddress = facts.socketAddress ?? 'unknown';
  const before = facts.behindProxy ? incoming['x-forwarded-for'] : undefined;
  return typeof before === 'string' ? `${before}, ${socketAddress}` : socketAddress;
}

/** The gateway itself speaks plain HTTP; TLS, if any, ends at a proxy in front. */
function forwardedProto(incoming: IncomingHttpHeaders, facts: ForwardingFacts): string {
  return facts.behindProxy && incoming['x-forwarded-proto'] === 'https' ? 'https' : 'http';
}

/** The fields of the answer to the client, appended to `fields` as a flat list of names and values. */
export function appendResponseHeaders(fields: string[], upstream: IncomingHttpHeaders): void {
  const dropped = connectionOptions(upstream.connection);
  for (const name of Object.keys(upstream)) {
    const value = upstream[name];
    if (value === undefined || RESPONSE_BLOCKED.has(name) || dropped?.has(name) === true) continue;
    if (typeof value === 'string') fields.push(name, value);
    else for (const one of value) fields.push(name, one);
  }
}

/** The fields that a Connection field names, which are hop-by-hop as well; undefined for the everyday values. */
function connectionOptions(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((option) => option.trim().toLowerCase()));
}

import { types } from 'node:util';
import type { ApiException } from '@kubernetes/client-node';
import { ClusterError } from '../controller/ports.ts';

const { isNativeError } = types;

/** A ClusterError that still knows the HTTP status; undefined when no answer came. */
export class ApiError extends ClusterError {
  readonly status: number | undefined;

  constructor(message: string, facts: ApiFailure & { readonly cause: unknown }) {
    super(message, { ...facts, retryable: isRetryable(facts.status) });
    this.status = facts.status;
  }
}

export interface ApiFailure {
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** Reason of the API server's Status, or a word such as ECONNRESET. */
  readonly code: string;
  readonly retryAfterMs?: number | undefined;
}

/** 401 is among them: a service account's token is renewed in its file, and read again from there. */
const RETRYABLE_STATUSES = new Set([401, 408, 409, 410, 429, 500, 502, 503, 504]);

/** No answer says nothing about the call itself. */
function isRetryable(status: number | undefined): boolean {
  return status === undefined || RETRYABLE_STATUSES.has(status);
}

/** What a failed call says, from whatever the client threw. `call` is for the message: `update deployments/scale`. */
export function toApiError(call: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const refusal = isRefusal(error) ? error : undefined;
  const failure = refusal === undefined ? readTransportFailure(error) : readRefusal(refusal);
  const status = failure.status === undefined ? '' : `HTTP ${failure.status} `;
  return new ApiError(`${call}: ${status}${failure.code}${failure.text === '' ? '' : `: ${failure.text}`}`, {
    ...failure,
    cause: refusal === undefined ? error : undefined, // its message repeats the whole body and all headers
  });
}

/** The error that a watch sends as its last event, a Status object. */
export function fromWatchStatus(call: string, status: unknown): ApiError {
  const { code, reason, message } = parseStatus(status);
  return new ApiError(`${call}: ${reason ?? 'Unknown'}: ${message ?? ''}`, {
    status: code ?? 500,
    code: reason ?? 'Unknown',
    cause: undefined,
  });
}

/** The resourceVersion is older than what the API server remembers: only a new list helps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** By its form, not by its class: importing the client costs 80 MB, and what only handles errors need not. */
function isRefusal(error: unknown): error is ApiException<unknown> {
  if (!isNativeError(error)) return false;
  const { code, headers } = error as { code?: unknown; headers?: unknown };
  return typeof code === 'number' && typeof headers === 'object' && headers !== null;
}

function readRefusal({ code, body, headers }: ApiException<unknown>): ApiFailure & { readonly text: string } {
  const { reason, message } = parseStatus(body);
  return {
    status: code,
    code: reason ?? `HTTP${code}`,
    retryAfterMs: readRetryAfter(headers['retry-after']),
    text: message ?? '',
  };
}

function readTransportFailure(error: unknown): ApiFailure & { readonly text: string } {
  // Not instanceof: core errors come from another realm under a test runner.
  const cause = isNativeError(error) && isNativeError(error.cause) ? error.cause : error;
  const { code, name, message } = cause as { code?: unknown; name?: unknown; message?: unknown };
  return {
    status: undefined,
    // A DOMException has a legacy number as its code; its name is what tells.
    code: typeof code === 'string' ? code : typeof name === 'string' ? name : 'Unknown',
    text: typeof message === 'string' ? message : String(error),
  };
}

interface StatusFields {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** A Status, as an object or as JSON text. Proxies in between answer with anything. */
function parseStatus(body: unknown): StatusFields {
  const value = typeof body === 'string' ? parseJson(body) : body;
  if (typeof value !== 'object' || value === null) return {};
  const { code, reason, message } = value as Record<string, unknown>;
  return {
    code: typeof code === 'number' ? code : undefined,
    reason: typeof reason === 'string' && reason !== '' ? reason : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** API servers send whole seconds. */
function readRetryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

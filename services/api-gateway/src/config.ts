import {
  envBool,
  envDurationMs,
  envHttpUrl,
  envInt,
  envNumber,
  httpEnv,
  processEnv,
  readConfig,
  type Environment,
} from '@orderflow/service-kit/config';
import { z } from 'zod';
import { ApiKeys, ApiKeysError } from './api-keys.ts';
import { OrderAdmission } from './order-admission.ts';
import { RateLimiter } from './rate-limit.ts';
import type { UpstreamSettings } from './upstream.ts';

/** An upstream is an origin: its paths are those of the public API. */
function envOrigin() {
  return envHttpUrl().refine((text) => {
    const url = URL.parse(text); // null was found fault with already
    return url === null || (url.pathname === '/' && url.search === '' && url.hash === '');
  }, 'must be an origin such as http://host:port, without a path');
}

/** See `ApiKeys`. */
function envApiKeys() {
  return z.string().transform((list, context) => {
    try {
      return new ApiKeys(list);
    } catch (error: unknown) {
      if (!(error instanceof ApiKeysError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

const gatewaySchema = z.object({
  ...processEnv,
  ...httpEnv,
  ORDER_SERVICE_URL: envOrigin(),
  EVENT_PROCESSOR_URL: envOrigin(),
  /** From taking a request to the head of its answer, waiting for a connection and retries included. */
  UPSTREAM_TIMEOUT_MS: envDurationMs().default(10_000),
  /** Connections to each upstream. */
  UPSTREAM_CONNECTIONS: envInt({ min: 1, max: 4_096 }).default(256),
  /** Requests that may wait for one of them; more are answered 503 at once. */
  UPSTREAM_QUEUE: envInt({ min: 0, max: 100_000 }).default(2_048),
  MAX_BODY_BYTES: envInt({ min: 1, max: 16_777_216 }).default(65_536),
  MAX_CONNECTIONS: envInt({ min: 1, max: 1_000_000 }).default(10_000),
  HEADERS_TIMEOUT_MS: envDurationMs().default(10_000),
  /** From the first byte of a request to its last. */
  REQUEST_TIMEOUT_MS: envDurationMs().default(30_000),
  /** Requests per second and client, in the long run; 0 = no limit. */
  RATE_LIMIT_PER_SECOND: envNumber({ min: 0, max: 1_000_000 }).default(0),
  /** Requests that a client may send at once; by default those of one second. */
  RATE_LIMIT_BURST: envInt({ min: 1, max: 1_000_000 }).optional(),
  /** How long new orders may take, the quickest of them, before the gateway takes fewer at a time; 0 = it never does. */
  ORDER_QUEUE_TARGET_MS: envInt({ min: 0, max: 60_000 }).default(150),
  /** Who may use the API, mostly by API_KEYS_FILE; everybody when it is left out. */
  API_KEYS: envApiKeys().optional(),
  /** How many proxies in front append to X-Forwarded-For; 0 = the header is a stranger's word. */
  TRUST_PROXY_HOPS: envInt({ min: 0, max: 16 }).default(0),
  /** Whether callers are part of this system, so that their traceparent and tracestate are continued. */
  TRUST_TRACEPARENT: envBool().default(false),
});

export type GatewayConfig = z.output<typeof gatewaySchema>;

/** @throws {ConfigError} naming all bad keys. */
export function readGatewayConfig(env: Environment): GatewayConfig {
  return readConfig(gatewaySchema, env);
}

/** The limit that the configuration asks for, if any. */
export function rateLimiterOf(config: GatewayConfig): RateLimiter | undefined {
  const perSecond = config.RATE_LIMIT_PER_SECOND;
  if (perSecond === 0) return undefined;
  return new RateLimiter({ perSecond, burst: config.RATE_LIMIT_BURST ?? Math.max(1, Math.ceil(perSecond)) });
}

/** What an order service stores at a time: two groups of 64 by default. */
const MIN_ORDERS_IN_FLIGHT = 128;

/** Of the places at the order service. The others are for reads and for what happens to orders that were taken. */
const SHARE_OF_NEW_ORDERS = 7 / 8;

/** The limit of new orders in flight that the configuration asks for, if any. */
export function orderAdmissionOf(config: GatewayConfig, nowMs: number): OrderAdmission | undefined {
  const targetMs = config.ORDER_QUEUE_TARGET_MS;
  if (targetMs === 0) return undefined;
  const maxLimit = Math.ceil((config.UPSTREAM_CONNECTIONS + config.UPSTREAM_QUEUE) * SHARE_OF_NEW_ORDERS);
  return new OrderAdmission({ targetMs, minLimit: Math.min(MIN_ORDERS_IN_FLIGHT, maxLimit), maxLimit }, nowMs);
}

/** What both upstreams have in common. */
export function upstreamSettingsOf(config: GatewayConfig): UpstreamSettings {
  return {
    connections: config.UPSTREAM_CONNECTIONS,
    queue: config.UPSTREAM_QUEUE,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
  };
}

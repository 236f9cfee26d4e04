import type { ServerResponse } from 'node:http';
import { PROBLEMS } from '@orderflow/contracts/problem-types';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Exchange } from './exchange.ts';
import type { GatewayMetrics } from './metrics.ts';

const PROBLEM = PROBLEMS.overloaded;
const BODY = JSON.stringify(PROBLEM);
const RETRY_AFTER_SECONDS = '1';
const FIELDS = [
  'content-type',
  'application/problem+json',
  'retry-after',
  RETRY_AFTER_SECONDS,
  'content-length',
  String(Buffer.byteLength(BODY)),
];

const LOG_INTERVAL_MS = 5_000;

/** Answers orders that are too many, and counts them; the log gets a line for all of some seconds. */
export class OrderRefusals {
  readonly #metrics: GatewayMetrics;
  readonly #logger: Logger;
  #unlogged = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor({ metrics, logger }: { readonly metrics: GatewayMetrics; readonly logger: Logger }) {
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * For an order of which the head is known and nothing else. When it matters there are more of these than of all others,
   * so one costs what node:http costs: the same bytes each time, no request id, no line in the log. The body is thrown
   * away unread, and the connection stays.
   */
  answerAtOnce(response: ServerResponse): void {
    const startedAt = performance.now();
    response.writeHead(PROBLEM.status, FIELDS).end(BODY);
    this.#metrics.orderRefusedAtOnce(startedAt, PROBLEM.status);
    this.#count(startedAt);
  }

  /** For an order that has an exchange already. */
  refuse(exchange: Exchange): void {
    exchange.refuse(PROBLEM, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
    this.#count(performance.now());
  }

  #count(nowMs: number): void {
    this.#metrics.ordersRefused.inc();
    this.#unlogged += 1;
    if (nowMs - this.#loggedMs < LOG_INTERVAL_MS) return;
    this.#loggedMs = nowMs;
    this.#logger.warn({ orders: this.#unlogged }, 'orders refused: more arrive than can be taken');
    this.#unlogged = 0;
  }
}

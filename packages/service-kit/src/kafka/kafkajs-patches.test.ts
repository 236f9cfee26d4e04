import { describe, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { patchKafkajs } from './kafkajs-patches.ts';

const require = createRequire(import.meta.url);

interface Queue {
  throttleCheckTimeoutId: unknown;
  readonly pending: readonly unknown[];
  push(request: object): void;
  fulfillRequest(reply: object): void;
  maybeThrottle(ms: number): void;
  checkPendingRequests(): void;
}

const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
const SILENT = { debug: () => undefined, warn: () => undefined, error: () => undefined };

patchKafkajs();

function createQueue() {
  const queue = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    logger: SILENT,
    broker: 'b',
    clientId: 'c',
  });
  const request = (correlationId: number) => {
    const sent = Promise.withResolvers<number>();
    const entry = {
      correlationId,
      apiKey: 0,
      apiName: 'Test',
      apiVersion: 0,
      resolve: () => undefined,
      reject: () => undefined,
    };
    queue.push({ entry, expectResponse: true, sendRequest: () => sent.resolve(correlationId) });
    return sent.promise;
  };
  return { queue, request };
}

describe('the request queue of kafkajs, patched', () => {
  test('arms no timer when nothing is pending', async () => {
    const { queue, request } = createQueue();
    await request(1);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  test('sends a pending request when the one before it is answered', async () => {
    const { queue, request } = createQueue();
    await request(1);
    const second = request(2);
    expect(queue.pending).toHaveLength(1);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    expect(await second).toBe(2);
    expect(queue.pending).toHaveLength(0);
  });

  test('sends a request after the broker has throttled it, and is idle then', async () => {
    const { queue, request } = createQueue();
    queue.maybeThrottle(5);
    const throttled = request(1);
    expect(queue.pending).toHaveLength(1);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    expect(await throttled).toBe(1);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
});

describe('produce requests, patched', () => {
  const { requests } = require('kafkajs/src/protocol/requests') as {
    requests: { Produce: { protocol(selection: object): (parameters: object) => { request: { encode(): unknown } } } };
  };
  const parameters = {
    acks: -1,
    timeout: 1,
    compression: 0,
    producerId: -1,
    topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ key: 'k', value: 'v' }] }] }],
  };

  test.each([
    ['plain', {}, true],
    ['compressed', { compression: 1 }, false],
    ['idempotent', { producerId: 5 }, false],
    ['transactional', { transactionalId: 'tx' }, false],
  ])('that are %s', (_, overrides, isFast) => {
    const { request } = requests.Produce.protocol({ version: 7 })({ ...parameters, ...overrides });
    const encoded = request.encode();
    expect(encoded instanceof Promise).toBe(!isFast); // kafkajs's own encoder is asynchronous
  });
});

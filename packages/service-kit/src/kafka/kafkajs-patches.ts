import { createRequire } from 'node:module';
import { patchConsumerGroup, type ConsumerGroup } from './kafkajs-group-hooks.ts';
import { encodeProduceRequest, type ProduceRequest } from './produce-encoding.ts';

const require = createRequire(import.meta.url);

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * kafkajs 2.2.4 re-arms a timer every millisecond on each connection, whether or not a request waits for one. That
 * costs about 5 % of a core per idle process and makes Node 24 warn of negative timeouts. Requests in flight need no
 * timer: each reply looks at the queue by itself.
 */
function stopIdleTimers(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenPending(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}

interface Connection {
  connect: (this: Connection) => Promise<unknown>;
}

/**
 * kafkajs 2.2.4 opens a socket for each request that finds its connection closed, remembers the last one and never
 * closes the others: they keep the process alive. Whoever comes while a socket is being opened waits for that one.
 */
function openOneSocketAtATime(): void {
  const { prototype } = require('kafkajs/src/network/connection') as { prototype: Connection };
  const connect = prototype.connect;
  const connecting = new WeakMap<Connection, Promise<unknown>>();
  prototype.connect = function connectOnce(this: Connection): Promise<unknown> {
    const known = connecting.get(this);
    if (known !== undefined) return known;
    const opening = connect.call(this).finally(() => connecting.delete(this));
    connecting.set(this, opening);
    return opening;
  };
}

interface ProduceParameters {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: ProduceRequest['topicData'];
  readonly transactionalId?: string;
  readonly producerId: number;
  readonly compression: number;
}

type ProduceProtocol = (parameters: ProduceParameters) => { readonly request: object; readonly response: object };

interface ProduceDefinition {
  protocol: (selection: { readonly version: number }) => ProduceProtocol;
}

/** The first Produce version with record batches; versions up to 8, the newest that kafkajs speaks is 7, are alike. */
const FIRST_RECORD_BATCH_VERSION = 3;

/**
 * kafkajs allocates a zeroed buffer for every record and header and computes varints with BigInt: more than 20 us of
 * CPU per message with three headers. Plain requests are encoded here in one pass, to the same bytes, for a quarter.
 */
function encodeProduceRequestsFast(): void {
  const { requests } = require('kafkajs/src/protocol/requests') as { requests: { Produce: ProduceDefinition } };
  const { protocol } = requests.Produce;
  requests.Produce.protocol = ({ version }) => {
    const original = protocol({ version });
    if (version < FIRST_RECORD_BATCH_VERSION) return original;
    return (parameters) => {
      const { request, response } = original(parameters);
      return isPlain(parameters)
        ? { request: { ...request, encode: encoderOf(parameters) }, response }
        : { request, response };
    };
  };
}

function isPlain({ transactionalId, producerId, compression }: ProduceParameters): boolean {
  return transactionalId === undefined && producerId === -1 && compression === 0;
}

/** Returns what kafkajs takes for one of its encoders. */
function encoderOf({ acks, timeout, topicData }: ProduceParameters): () => { buf: Buffer; buffer: Buffer } {
  return () => {
    const bytes = encodeProduceRequest({ acks, timeoutMs: timeout, topicData, nowMs: Date.now() });
    return { buf: bytes, buffer: bytes };
  };
}

let isPatched = false;

/** Mends the loaded copy of kafkajs. Does nothing the second time. */
export function patchKafkajs(): void {
  if (isPatched) return;
  isPatched = true;
  stopIdleTimers();
  openOneSocketAtATime();
  encodeProduceRequestsFast();
  patchConsumerGroup((require('kafkajs/src/consumer/consumerGroup') as { prototype: ConsumerGroup }).prototype);
}

import { createRequire } from 'node:module';
import { patchConsumerGroup } from './kafkajs-group-hooks.ts';

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

let isPatched = false;

/** Mends the loaded copy of kafkajs. Does nothing the second time. */
export function patchKafkajs(): void {
  if (isPatched) return;
  isPatched = true;
  stopIdleTimers();
  patchConsumerGroup();
}

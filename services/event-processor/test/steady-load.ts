import { setTimeout as sleep } from 'node:timers/promises';
import { orderStories, type TestStream } from './analytics.ts';
import type { WireEvent } from './order-events.ts';

export interface SteadyLoad {
  readonly sent: readonly WireEvent[];
  /** Resolves with all that was sent. */
  stop(): Promise<readonly WireEvent[]>;
}

/** Sends events in small batches until it is told to stop. */
export function keepSending(stream: TestStream): SteadyLoad {
  const sent: WireEvent[] = [];
  const stopping = new AbortController();
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      const events = orderStories(20);
      await stream.send(events);
      sent.push(...events);
      await sleep(20); // a pace that the slowest machine can follow
    }
  })();
  return {
    sent,
    stop: async () => {
      stopping.abort();
      await sending;
      return sent;
    },
  };
}

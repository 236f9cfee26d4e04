/**
 * Sends orders in a closed loop, each connection its next order when the last one is answered, and writes what came
 * back to a file. A process of its own, so that the generator costs both sides the same.
 *
 * Arguments: URL, connections, seconds, file and, to send no faster than that, requests per second.
 */
import { writeFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import { sampleBodies } from './sample-orders.ts';

/** What came of the requests of a run. */
export interface LoadResult {
  readonly accepted: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const [url = '', connections = '', seconds = '', file = '', rate] = process.argv.slice(2);
const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  ...(rate !== undefined && { overallRate: Number(rate) }),
  requests: sampleBodies().map((body) => ({
    method: 'POST',
    path: '/orders',
    headers: { 'content-type': 'application/json' },
    body,
  })),
});
const summary: LoadResult = {
  accepted: result['2xx'],
  failed: result.non2xx + result.errors + result.timeouts,
  seconds: (result.finish.getTime() - result.start.getTime()) / 1000,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
};
await writeFile(file, JSON.stringify(summary));

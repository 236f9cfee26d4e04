import { setTimeout as delay } from 'node:timers/promises';
import { sleep } from '@orderflow/service-kit/sleep';
import type { LoadConfig } from './config.ts';
import { Customers } from './customers.ts';
import type { HttpClient } from './http-client.ts';
import { LatencyRecorder } from './latency.ts';
import { OrderMix } from './order-mix.ts';
import { pace, type Pace } from './pacer.ts';
import type { ProgressSample } from './progress.ts';
import { createRandom } from './random.ts';
import type { ReceiptSink } from './receipts.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { failedOf, Tally } from './tally.ts';

export interface LoadRunPorts {
  readonly client: HttpClient;
  readonly receipts: ReceiptSink;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** User and system CPU time of this process so far, in microseconds. */
  readonly cpuMicros: () => number;
  /** Ends the sending; what is in flight is awaited. */
  readonly stopping: AbortSignal;
}

/** What a run found out. */
export interface LoadResult {
  readonly pace: Pace;
  readonly elapsedMs: number;
  readonly cpuMicrosPerOrder: number;
}

/** One run of load: sends the schedule, then waits for the customers that are still busy. */
export class LoadRun {
  readonly schedule: Schedule;
  readonly tally = new Tally();
  readonly latency: LatencyRecorder;
  readonly refusals: LatencyRecorder;
  readonly #mix: OrderMix;
  readonly #warmupMs: number;
  readonly #seed: number;
  readonly #ports: LoadRunPorts;
  #startMs: number;

  constructor(config: LoadConfig, runId: string, ports: LoadRunPorts) {
    this.schedule = createSchedule(config.stages, config.durationMs);
    this.latency = new LatencyRecorder(config.warmupMs);
    this.refusals = new LatencyRecorder(config.warmupMs);
    this.#mix = new OrderMix({ seed: config.seed, runId, catalogue: config.catalogue, fractions: config.fractions });
    this.#warmupMs = config.warmupMs;
    this.#seed = config.seed;
    this.#ports = ports;
    this.#startMs = ports.nowMs();
  }

  async run(): Promise<LoadResult> {
    const { client, receipts, nowMs, cpuMicros, stopping } = this.#ports;
    const { tally, latency, refusals } = this;
    const elapsedMs = (): number => nowMs() - this.#startMs;
    const random = createRandom(this.#seed + 1);
    const pause = (ms: number): Promise<void> => sleep(ms, stopping);
    const ports = { gateway: client, receipts, tally, latency, refusals, elapsedMs, stopping, pause, random };
    const customers = new Customers(ports);
    let loadStart = { cpuMicros: cpuMicros(), sent: 0 };
    let isWarm = false;
    this.#startMs = nowMs();
    const result = await pace(this.schedule, {
      nowMs,
      pause: (ms) => delay(ms), // without a signal: its listeners would cost more than the sleep is long
      signal: stopping,
      send: (index, intendedStartMs) => {
        if (!isWarm && intendedStartMs >= this.#warmupMs) {
          isWarm = true;
          loadStart = { cpuMicros: cpuMicros(), sent: index };
        }
        customers.begin(this.#mix.next(), intendedStartMs);
      },
    });
    await customers.whenIdle();
    const cpuMicrosPerOrder = (cpuMicros() - loadStart.cpuMicros) / Math.max(1, result.sent - loadStart.sent);
    return { pace: result, elapsedMs: elapsedMs(), cpuMicrosPerOrder };
  }

  /** The latencies as the report has them. */
  waits() {
    return { latency: this.latency.summary(), refusals: this.refusals.summary() };
  }

  /** How the run is doing; the latencies are those since the last sample. */
  sample(): ProgressSample {
    const { orders } = this.tally;
    return {
      elapsedMs: Math.round(this.#ports.nowMs() - this.#startMs),
      sent: orders.sent,
      accepted: orders.accepted,
      failed: failedOf(orders),
      inFlight: this.#ports.client.inFlight,
      ...this.latency.takeInterval(),
    };
  }
}

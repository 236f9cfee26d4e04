import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';
import type { Decision } from '../scaling/decision.ts';
import type { ObjectRef } from './ports.ts';

const LABELS = ['namespace', 'name'] as const;
const READ_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type ScalerGauge = Gauge<(typeof LABELS)[number]>;

/** What the operator knows of each LagScaler. */
export class LagScalerMetrics {
  readonly #gauges: ReturnType<typeof createGauges>;
  readonly #failures: Counter<'namespace' | 'name'>;
  readonly #writes: Counter<'namespace' | 'name' | 'direction'>;
  readonly #reads: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#gauges = createGauges(registry);
    this.#failures = new Counter({
      name: 'lagscaler_lag_read_failures_total',
      help: 'Polls without any answer of Kafka.',
      labelNames: LABELS,
      registers,
    });
    this.#writes = new Counter({
      name: 'lagscaler_scale_writes_total',
      help: 'Changes of the replicas.',
      labelNames: [...LABELS, 'direction'],
      registers,
    });
    this.#reads = new Histogram({
      name: 'lagscaler_lag_read_seconds',
      help: 'How long a reading of Kafka takes.',
      buckets: READ_SECONDS,
      registers,
    });
  }

  polled({ namespace, name }: ObjectRef, { terms, currentReplicas, replicas, findings }: Decision): void {
    const of = { namespace, name };
    setKnown(this.#gauges.lag, of, terms.backlogMessages);
    setKnown(this.#gauges.timeLag, of, terms.timeLagSeconds);
    setKnown(this.#gauges.arrivals, of, terms.arrivalRate);
    setKnown(this.#gauges.needed, of, terms.neededRate);
    this.#gauges.current.set(of, currentReplicas);
    this.#gauges.desired.set(of, replicas);
    this.#gauges.available.set(of, findings.isMetricsAvailable ? 1 : 0);
  }

  scaled({ namespace, name }: ObjectRef, direction: Decision['direction']): void {
    this.#writes.inc({ namespace, name, direction });
  }

  /** Times a reading that succeeds. */
  async measureRead<Reading>(read: () => Promise<Reading>): Promise<Reading> {
    const end = this.#reads.startTimer();
    const reading = await read();
    end();
    return reading;
  }

  lagReadFailed({ namespace, name }: ObjectRef): void {
    this.#failures.inc({ namespace, name });
  }

  /** Nobody looks after the LagScaler here any more. */
  forget({ namespace, name }: ObjectRef): void {
    for (const gauge of Object.values(this.#gauges)) gauge.remove({ namespace, name });
  }
}

function createGauges(registry: Registry) {
  const gauge = (name: string, help: string): ScalerGauge =>
    new Gauge({ name, help, labelNames: LABELS, registers: [registry] });
  return {
    lag: gauge('lagscaler_lag_messages', 'Messages that wait for the group.'),
    timeLag: gauge('lagscaler_time_lag_seconds', 'Age of the oldest message that waits.'),
    arrivals: gauge('lagscaler_arrival_rate_messages_per_second', 'Messages per second that are produced.'),
    needed: gauge('lagscaler_needed_rate_messages_per_second', 'What the replicas must be able to work off.'),
    current: gauge('lagscaler_current_replicas', 'spec.replicas of the target.'),
    desired: gauge('lagscaler_desired_replicas', 'What they should be.'),
    available: gauge('lagscaler_metrics_available', '1 while Kafka answers completely.'),
  };
}

/** An unknown number keeps no old value: alerts must not look at yesterday's lag. */
function setKnown(gauge: ScalerGauge, of: { namespace: string; name: string }, value: number | null): void {
  if (value === null) gauge.remove(of);
  else gauge.set(of, value);
}

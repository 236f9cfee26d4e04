import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';
import type { Decision } from '../scaling/decision.ts';
import type { ObjectRef } from './ports.ts';

/** Not `namespace`: that one, the scraper sets to where the operator itself runs. */
const LABELS = ['scaler_namespace', 'scaler'] as const;
const READ_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type ScalerLabel = (typeof LABELS)[number];
type ScalerGauge = Gauge<ScalerLabel>;

/** What the operator knows of each LagScaler. */
export class LagScalerMetrics {
  readonly #gauges: ReturnType<typeof createGauges>;
  readonly #failures: Counter<ScalerLabel>;
  readonly #decisions: Counter<ScalerLabel | 'direction' | 'reason'>;
  readonly #writes: Counter<ScalerLabel | 'direction'>;
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
    this.#decisions = new Counter({
      name: 'lagscaler_decisions_total',
      help: 'Decisions by direction (up, down, hold) and reason, one for each poll.',
      labelNames: [...LABELS, 'direction', 'reason'],
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

  polled(ref: ObjectRef, { direction, reason, terms, currentReplicas, replicas, findings }: Decision): void {
    const of = labelsOf(ref);
    this.#decisions.inc({ ...of, direction, reason });
    setKnown(this.#gauges.lag, of, terms.backlogMessages);
    setKnown(this.#gauges.timeLag, of, terms.timeLagSeconds);
    setKnown(this.#gauges.arrivals, of, terms.arrivalRate);
    setKnown(this.#gauges.needed, of, terms.neededRate);
    this.#gauges.capacity.set(of, terms.currentCapacity);
    this.#gauges.perReplica.set(of, terms.ratePerReplica);
    this.#gauges.current.set(of, currentReplicas);
    this.#gauges.desired.set(of, replicas);
    this.#gauges.available.set(of, findings.isMetricsAvailable ? 1 : 0);
  }

  scaled(ref: ObjectRef, direction: Decision['direction']): void {
    this.#writes.inc({ ...labelsOf(ref), direction });
  }

  /** Times a reading that succeeds. */
  async measureRead<Reading>(read: () => Promise<Reading>): Promise<Reading> {
    const end = this.#reads.startTimer();
    const reading = await read();
    end();
    return reading;
  }

  lagReadFailed(ref: ObjectRef): void {
    this.#failures.inc(labelsOf(ref));
  }

  /** Nobody looks after the LagScaler here any more. */
  forget(ref: ObjectRef): void {
    for (const gauge of Object.values(this.#gauges)) gauge.remove(labelsOf(ref));
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
    capacity: gauge('lagscaler_capacity_messages_per_second', 'What the replicas are able to work off.'),
    perReplica: gauge(
      'lagscaler_replica_rate_messages_per_second',
      'What one replica works off, as far as it is known.',
    ),
    current: gauge('lagscaler_current_replicas', 'spec.replicas of the target.'),
    desired: gauge('lagscaler_desired_replicas', 'What they should be.'),
    available: gauge('lagscaler_metrics_available', '1 while Kafka answers completely.'),
  };
}

function labelsOf({ namespace, name }: ObjectRef): Record<ScalerLabel, string> {
  return { scaler_namespace: namespace, scaler: name };
}

/** An unknown number keeps no old value: alerts must not look at yesterday's lag. */
function setKnown(gauge: ScalerGauge, of: Record<ScalerLabel, string>, value: number | null): void {
  if (value === null) gauge.remove(of);
  else gauge.set(of, value);
}

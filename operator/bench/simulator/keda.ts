/** One setting of the rival; the other values are the defaults of KEDA 2.x and of the HPA controller. */
export interface KedaSettings {
  /** Average lag per replica that is aimed at. KEDA's default is 10. */
  readonly lagThreshold: number;
  /** HPA `behavior.scaleDown.stabilizationWindowSeconds`; its default is 300. */
  readonly scaleDownWindowSeconds: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

export interface KedaSees {
  readonly second: number;
  readonly lag: number;
  readonly partitions: number;
  readonly specReplicas: number;
}

/** The HPA controller looks every 15 s (`--horizontal-pod-autoscaler-sync-period`). */
export const HPA_SYNC_SECONDS = 15;
const TOLERANCE = 0.1;
const SCALE_UP_PERIOD_SECONDS = 15;
const SCALE_UP_PODS = 4;
const SCALE_UP_PERCENT = 100;
/** KEDA itself, which only wakes from 0 and puts to 0, looks every 30 s and waits 300 s. */
export const KEDA_POLLING_SECONDS = 30;
const KEDA_COOLDOWN_SECONDS = 300;

/**
 * KEDA's Kafka scaler under a HorizontalPodAutoscaler (autoscaling/v2), after `pkg/scalers/kafka_scaler.go` and
 * `pkg/controller/podautoscaler`: the lag is read afresh for each HPA sync, capped at a threshold per partition
 * (`limitToPartitionsWithLag` and `allowIdleConsumers` off), an external metric of type AverageValue.
 */
export class KedaWithHpa {
  readonly #settings: KedaSettings;
  #recommendations: { readonly second: number; readonly replicas: number }[] = [];
  #ups: { readonly second: number; readonly added: number }[] = [];
  #lastActiveSecond = 0;

  constructor(settings: KedaSettings) {
    this.#settings = settings;
  }

  /** What it would write now. Call it every second. */
  replicas(sees: KedaSees): number {
    const { specReplicas, second } = sees;
    const { minReplicas } = this.#settings;
    if (second % KEDA_POLLING_SECONDS === 0) {
      if (sees.lag > 0) this.#lastActiveSecond = second;
      if (specReplicas === 0) return sees.lag > 0 ? 1 : 0;
      if (minReplicas === 0 && second - this.#lastActiveSecond > KEDA_COOLDOWN_SECONDS) return 0;
    }
    if (specReplicas === 0 || second % HPA_SYNC_SECONDS !== 0) return specReplicas;
    const stabilized = this.#stabilize(second, specReplicas, this.#recommend(sees));
    const limited = Math.min(stabilized, this.#scaleUpLimit(second, specReplicas));
    const replicas = Math.min(this.#settings.maxReplicas, Math.max(Math.max(1, minReplicas), limited));
    if (replicas > specReplicas) this.#ups.push({ second, added: replicas - specReplicas });
    return replicas;
  }

  /** `GetExternalPerPodMetricReplicas`. */
  #recommend({ lag, partitions, specReplicas }: KedaSees): number {
    const { lagThreshold, maxReplicas } = this.#settings;
    const metric = Math.min(lag, partitions * lagThreshold);
    const usageRatio = metric / (lagThreshold * specReplicas);
    if (Math.abs(1 - usageRatio) <= TOLERANCE) return specReplicas;
    return Math.min(maxReplicas, Math.ceil(metric / lagThreshold));
  }

  /** `stabilizeRecommendationWithBehaviors`: up at once, down to the highest of the window. */
  #stabilize(second: number, current: number, recommended: number): number {
    const window = this.#settings.scaleDownWindowSeconds;
    this.#recommendations = this.#recommendations.filter((past) => past.second > second - window);
    const highest = Math.max(recommended, ...this.#recommendations.map(({ replicas }) => replicas));
    this.#recommendations.push({ second, replicas: recommended });
    return current < recommended ? recommended : Math.min(current, highest);
  }

  /** The default policies: 4 pods or 100 % each 15 s, whichever is more. */
  #scaleUpLimit(second: number, current: number): number {
    this.#ups = this.#ups.filter((up) => up.second > second - SCALE_UP_PERIOD_SECONDS);
    const started = current - this.#ups.reduce((sum, { added }) => sum + added, 0);
    return Math.max(started + SCALE_UP_PODS, Math.ceil(started * (1 + SCALE_UP_PERCENT / 100)));
  }
}

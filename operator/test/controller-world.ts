import { silentLogger } from '@orderflow/service-kit/logger';
import { Registry } from '@orderflow/service-kit/metrics';
import type { LagScalerStatus } from '../src/api/v1alpha1/status.ts';
import { parseStatus } from '../src/api/v1alpha1/status.ts';
import { LagScalerMetrics } from '../src/controller/metrics.ts';
import type {
  ClusterError,
  ClusterEvent,
  DeploymentView,
  LagScalerResource,
  ObjectRef,
  ScaleRequest,
  ScalerOwner,
  WriteOutcome,
} from '../src/controller/ports.ts';
import { Reconciler, type ReconcileResult } from '../src/controller/reconcile.ts';
import type { GroupState, LagReading } from '../src/scaling/observation.ts';

export const POLL_MS = 5_000;
export const TOPIC = 'order-events';
const NAMESPACE = 'shop';

export const SPEC = {
  target: { name: 'event-processor' },
  kafka: { bootstrapServers: 'kafka:9092', consumerGroup: 'event-processor', topics: [TOPIC] },
  maxReplicas: 12,
  prior: { messagesPerSecondPerReplica: 100, rebalanceSeconds: 5 },
};

/** A topic with a load, and a group that works it off. Rates in messages per second. */
export class FakeKafka {
  partitions: { logEnd: bigint; committed: bigint | null; isPoisoned: boolean }[];
  arrivalRate = 0;
  /** Per replica. */
  serviceRate = 100;
  /** For the whole group, however many replicas there are: a slow database. */
  groupRate = Number.POSITIVE_INFINITY;
  /** Time between two commits; below a poll it shows nowhere. */
  commitSeconds = 0;
  groupState: GroupState = 'Stable';
  isDown = false;
  /** Partitions whose broker does not answer. */
  readonly unanswered = new Set<number>();
  reads = 0;
  #uncommittedSeconds = 0;

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => ({ logEnd: 0n, committed: 0n, isPoisoned: false }));
  }

  add(messages: number): void {
    const share = BigInt(Math.round(messages / this.partitions.length));
    for (const partition of this.partitions) partition.logEnd += share;
  }

  get lag(): number {
    return this.partitions.reduce((sum, { logEnd, committed }) => sum + Number(logEnd - (committed ?? 0n)), 0);
  }

  pass(seconds: number, replicas: number): void {
    this.add(this.arrivalRate * seconds);
    if (this.groupState !== 'Stable') return;
    this.#uncommittedSeconds += seconds;
    if (this.#uncommittedSeconds < this.commitSeconds) return;
    const rate = Math.min(this.groupRate, replicas * this.serviceRate);
    const share = BigInt(Math.floor((rate * this.#uncommittedSeconds) / this.partitions.length));
    this.#uncommittedSeconds = 0;
    for (const partition of this.partitions) {
      if (partition.isPoisoned) continue;
      const before = partition.committed ?? 0n;
      const after = before + share < partition.logEnd ? before + share : partition.logEnd;
      if (after > before) partition.committed = after;
    }
  }

  read(readAtMs: number, members: number): LagReading {
    this.reads += 1;
    if (this.isDown)
      throw new Error('Kafka does not answer', { cause: new Error(`connect ECONNREFUSED at ${readAtMs}`) });
    const indexed = this.partitions.map(({ logEnd, committed }, partition) => ({ partition, logEnd, committed }));
    return {
      readAtMs,
      partitions: indexed
        .filter(({ partition }) => !this.unanswered.has(partition))
        .map((offsets) => ({ topic: TOPIC, logStart: 0n, ...offsets })),
      missing: [...this.unanswered].map((partition) => `${TOPIC}/${partition}`),
      group: { state: this.groupState, members },
    };
  }
}

/** The API server as the controller sees it: caches that may lag behind, and writes with preconditions. */
export class FakeCluster {
  lagScaler: LagScalerResource | undefined;
  deployment: DeploymentView | undefined;
  readonly others: LagScalerResource[] = [];
  owners: readonly ScalerOwner[] = [];
  /** What the cache shows instead of the Deployment. */
  cachedDeployment: DeploymentView | undefined;
  isLeader = true;
  /** Thrown by every write. */
  failure: ClusterError | undefined;
  readonly scaleWrites: number[] = [];
  statusWrites = 0;
  readonly events: ClusterEvent[] = [];
  #version = 100;

  readonly lagScalers = {
    get: ({ name }: ObjectRef) => this.list().find(({ ref }) => ref.name === name),
    list: () => this.list(),
    onChange: () => undefined,
    replaceStatus: (resource: LagScalerResource, status: object) => {
      const outcome = this.#check(resource, this.lagScaler);
      if (outcome !== 'written') return Promise.resolve(outcome);
      this.statusWrites += 1;
      this.#changeLagScaler({ status: JSON.parse(JSON.stringify(status)) as unknown });
      return Promise.resolve(outcome);
    },
    replaceFinalizers: (resource: LagScalerResource, finalizers: readonly string[]) => {
      const outcome = this.#check(resource, this.lagScaler);
      if (outcome === 'written') this.#changeLagScaler({ finalizers });
      if (this.lagScaler?.isDeleting === true && finalizers.length === 0) this.lagScaler = undefined;
      return Promise.resolve(outcome);
    },
  };

  readonly deployments = {
    get: () => this.cachedDeployment ?? this.deployment,
    setScale: ({ deployment, replicas }: ScaleRequest) => {
      const outcome = this.#check(deployment, this.deployment);
      if (outcome !== 'written') return Promise.resolve(outcome);
      this.scaleWrites.push(replicas);
      this.scaleByHand(replicas);
      return Promise.resolve(outcome);
    },
  };

  list(): readonly LagScalerResource[] {
    return this.lagScaler === undefined ? this.others : [this.lagScaler, ...this.others];
  }

  createLagScaler(spec: object, status?: unknown): void {
    this.lagScaler = {
      ref: { namespace: NAMESPACE, name: 'event-processor' },
      uid: `uid-${this.#next()}`,
      resourceVersion: this.#next(),
      generation: 1,
      createdAtMs: 1_000,
      isDeleting: false,
      finalizers: [],
      spec,
      status,
    };
  }

  changeSpec(spec: object): void {
    this.#changeLagScaler({ spec, generation: (this.lagScaler?.generation ?? 0) + 1 });
  }

  deleteLagScaler(): void {
    if (this.lagScaler?.finalizers.length === 0) this.lagScaler = undefined;
    else this.#changeLagScaler({ isDeleting: true });
  }

  createDeployment(replicas: number): void {
    this.deployment = {
      ref: { namespace: NAMESPACE, name: 'event-processor' },
      uid: `uid-${this.#next()}`,
      resourceVersion: this.#next(),
      generation: 1,
      observedGeneration: 1,
      specReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      isPaused: false,
    };
  }

  /** `kubectl scale`; the pods come with `becomeReady`. */
  scaleByHand(specReplicas: number): void {
    this.changeDeployment({ specReplicas, generation: (this.deployment?.generation ?? 0) + 1 });
  }

  changeDeployment(change: Partial<DeploymentView>): void {
    if (this.deployment === undefined) throw new Error('there is no Deployment');
    this.deployment = { ...this.deployment, ...change, resourceVersion: this.#next() };
  }

  /** What the Deployment controller and the kubelets do. */
  becomeReady(): void {
    const { deployment } = this;
    if (deployment === undefined || deployment.observedGeneration === deployment.generation) return;
    const { generation: observedGeneration, specReplicas } = deployment;
    const pods = { replicas: specReplicas, updatedReplicas: specReplicas, readyReplicas: specReplicas };
    this.changeDeployment({ observedGeneration, ...pods });
  }

  #changeLagScaler(change: Partial<LagScalerResource>): void {
    if (this.lagScaler === undefined) throw new Error('there is no LagScaler');
    this.lagScaler = { ...this.lagScaler, ...change, resourceVersion: this.#next() };
  }

  #check(
    based: { readonly uid: string; readonly resourceVersion: string },
    current: { readonly uid: string; readonly resourceVersion: string } | undefined,
  ): WriteOutcome {
    if (this.failure !== undefined) throw this.failure;
    if (current === undefined || current.uid !== based.uid) return 'notFound';
    return current.resourceVersion === based.resourceVersion ? 'written' : 'conflict';
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** One LagScaler, its Deployment and its topic, with a clock that moves only when told to. */
export class ControllerWorld {
  readonly cluster = new FakeCluster();
  readonly kafka: FakeKafka;
  nowMs = 1_700_000_000_000;
  /** Pods become ready within a poll. */
  arePodsReady = true;
  reconciler: Reconciler;

  constructor({
    partitions = 12,
    replicas = 1,
    spec = SPEC,
  }: { partitions?: number; replicas?: number; spec?: object } = {}) {
    this.kafka = new FakeKafka(partitions);
    this.cluster.createDeployment(replicas);
    this.cluster.createLagScaler(spec);
    this.reconciler = this.createReconciler();
  }

  /** As another process would: with nothing but what the API server has. */
  createReconciler({ isLeader = () => this.cluster.isLeader } = {}): Reconciler {
    const { lagScalers, deployments } = this.cluster;
    return new Reconciler({
      lagScalers,
      deployments,
      scalerOwners: { ofDeployment: () => this.cluster.owners },
      events: { record: (event) => void this.cluster.events.push(event) },
      leadership: { isLeader, onChange: () => undefined },
      lagReaders: {
        // Async, so that it rejects where the model throws.
        // eslint-disable-next-line require-await
        read: async () => this.kafka.read(this.nowMs, this.cluster.deployment?.readyReplicas ?? 0),
        retain: () => Promise.resolve(),
      },
      metrics: new LagScalerMetrics(new Registry()),
      clock: { nowMs: () => this.nowMs },
      logger: silentLogger(),
      pollMs: POLL_MS,
    });
  }

  reconcile(): Promise<ReconcileResult> {
    return this.reconciler.reconcile({ namespace: NAMESPACE, name: 'event-processor' });
  }

  /** Lets time pass, a poll at a time; the loop comes again when it was told to, at once also for what it wrote. */
  async pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += POLL_MS / 1_000) {
      this.nowMs += POLL_MS;
      this.kafka.pass(POLL_MS / 1_000, this.cluster.deployment?.readyReplicas ?? 0);
      await this.reconcile();
      await this.reconcile();
      if (this.arePodsReady) this.cluster.becomeReady();
    }
  }

  /** From a load that one replica bears to one that needs several. */
  async fallBehind(): Promise<void> {
    this.kafka.arrivalRate = 50;
    await this.pass(60);
    this.kafka.arrivalRate = 500;
  }

  get status(): LagScalerStatus {
    return parseStatus(this.cluster.lagScaler?.status);
  }

  condition(type: string): string {
    const condition = this.status.conditions.find((candidate) => candidate.type === type);
    return `${condition?.status} ${condition?.reason}`;
  }

  get eventReasons(): readonly string[] {
    return this.cluster.events.map(({ reason }) => reason);
  }
}

import type { Component } from '@orderflow/service-kit/lifecycle';
import type { LagReading } from '../scaling/observation.ts';

/** A namespaced object. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

/** A LagScaler as the API server holds it. Whether spec and status make sense is for the controller to find out. */
export interface LagScalerResource {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly isDeleting: boolean;
  readonly finalizers: readonly string[];
  readonly spec: unknown;
  readonly status: unknown;
}

/**
 * What became of a write that names the resourceVersion which it is based on. `conflict`: somebody has written since,
 * so look again. `notFound`: it is gone.
 */
export type WriteOutcome = 'written' | 'conflict' | 'notFound';

/**
 * Reads come from a cache and cost nothing. Writes are conditional on the resource's resourceVersion and throw
 * ClusterError for everything that is not a WriteOutcome.
 */
export interface LagScalers {
  get(ref: ObjectRef): LagScalerResource | undefined;
  list(): readonly LagScalerResource[];
  /** Afterwards the status is exactly this: keys that are left out are gone. */
  replaceStatus(resource: LagScalerResource, status: object): Promise<WriteOutcome>;
  replaceFinalizers(resource: LagScalerResource, finalizers: readonly string[]): Promise<WriteOutcome>;
  /** Called on every add, update and delete, and for all after a relist. The listener only enqueues. */
  onChange(listener: (ref: ObjectRef) => void): void;
}

/** What the controller needs to know of a Deployment. */
export interface DeploymentView {
  readonly ref: ObjectRef;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  /** 1 when the Deployment leaves it out, as Kubernetes has it. */
  readonly specReplicas: number;
  /** `status.replicas`: pods that are not terminated, of the old and of the new template. */
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly isPaused: boolean;
}

export interface ScaleRequest {
  readonly deployment: DeploymentView;
  readonly replicas: number;
}

/** Reads come from a cache. */
export interface Deployments {
  get(ref: ObjectRef): DeploymentView | undefined;
  /**
   * Writes the scale subresource with the resourceVersion (and uid, where the API takes one) of `deployment` as the
   * precondition, so that a leader of the past never overwrites its successor. Throws ClusterError.
   */
  setScale(request: ScaleRequest): Promise<WriteOutcome>;
}

/** Something else that sets the replicas of a Deployment. */
export interface ScalerOwner {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly name: string;
}

/** From a cache of the namespace. A ScaledObject shows itself by its HPA, or by itself where its CRD is installed. */
export interface ScalerOwners {
  ofDeployment(ref: ObjectRef): readonly ScalerOwner[];
}

export interface ClusterEvent {
  readonly regarding: LagScalerResource;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase: ScaledUp, OffsetRegression, ... */
  readonly reason: string;
  /** What was being done: Scaling, ReadingLag, ... */
  readonly action: string;
  /** One sentence, at most 1 kB. */
  readonly note: string;
}

/** Repetitions become one series. Never throws and never waits: an event that is lost is lost. */
export interface EventRecorder {
  record(event: ClusterEvent): void;
}

export interface Leadership {
  /** By our own clock: false as soon as the lease may have run out, whatever the last answer of the API server was. */
  isLeader(): boolean;
  /** Called with true when the lease is won and with false when it is lost or given back. */
  onChange(listener: (isLeader: boolean) => void): void;
}

/**
 * Deduplicates keys: one that is added while it is being worked on comes again afterwards, and none is worked on twice
 * at a time. After `shutDown`, adding does nothing and `take` resolves with undefined.
 */
export interface WorkQueue {
  /** Keys that are ready and not taken. */
  readonly depth: number;
  add(key: string): void;
  addAfter(key: string, delayMs: number): void;
  /** After a failure: 5 ms, doubled with each call up to 1000 s, until `forget`. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  take(): Promise<string | undefined>;
  done(key: string): void;
  shutDown(): void;
}

/** Told by the work queue, for the metrics. */
export interface WorkQueueObserver {
  added(): void;
  retried(): void;
  /** The key has waited so long since it was ready. */
  taken(waitedMs: number): void;
  /** The key was worked on for so long. */
  done(workedMs: number): void;
}

/** Told by the leader election, for the metrics. */
export interface LeadershipObserver {
  leading(isLeader: boolean): void;
}

/** Told by the Kubernetes client after each call; `code` is the HTTP status, or a word such as ECONNRESET. */
export interface ApiCallObserver {
  called(call: { readonly verb: string; readonly resource: string; readonly code: string }): void;
}

/** The API server refused or did not answer. What is expected of it (409 and 404 on a write) is a WriteOutcome. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  /** The reason of the API server's Status (Forbidden, TooManyRequests, ...), or a word such as ECONNRESET. */
  readonly code: string;
  readonly retryable: boolean;
  /** What the server asked for by Retry-After. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: {
      readonly code: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.retryable = facts.retryable;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Which offsets are wanted, and from where. */
export interface LagQuery {
  readonly bootstrapServers: readonly string[];
  readonly consumerGroup: string;
  readonly topics: readonly string[];
}

/** Reads Kafka. What does not answer is named in the reading; only when nothing answers it throws. */
export interface LagReaders {
  read(query: LagQuery): Promise<LagReading>;
  /** Closes the connections that no query of this list needs. */
  retain(queries: readonly LagQuery[]): Promise<void>;
}

/** All of Kubernetes that the controller needs: what `connectCluster` of kubernetes/cluster.ts gives to main.ts. */
export interface Cluster {
  /** The one namespace that is watched. */
  readonly namespace: string;
  readonly lagScalers: LagScalers;
  readonly deployments: Deployments;
  readonly scalerOwners: ScalerOwners;
  readonly events: EventRecorder;
  /** Starts watching without waiting for the API server: a start that hangs would fail the liveness probe. */
  readonly informers: Component;
  /** Gives the lease back in `stop`. */
  readonly election: Component & Leadership;
  /** Every cache has been filled at least once. Stays true when the API server goes away. */
  hasSynced(): boolean;
  /** Called once, when every cache has been filled. */
  onSynced(listener: () => void): void;
}

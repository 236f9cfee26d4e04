import { randomBytes } from 'node:crypto';
import type { Component } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { ClusterEvent, EventRecorder } from '../controller/ports.ts';
import { EventSeriesBook, type EventPlan } from './event-series.ts';
import { toMicroTime } from './lease.ts';
import type { Time } from './time.ts';

/** The calls on events; a ResourceClient has them. */
export interface Events {
  create(body: object): Promise<unknown>;
  mergePatch(name: string, body: object): Promise<unknown>;
}

export interface EventRecorderOptions {
  readonly events: Events;
  /** What reports: `orderflow.dev/lagscaler-operator`. */
  readonly controller: string;
  /** Which of its processes. */
  readonly instance: string;
  /** Of the objects that events are about. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly logger: Logger;
  readonly time: Time;
}

/** Unsent events beyond that are lost: when the API server is away, events are not what is missing. */
const MAX_UNSENT = 100;
/** Limits of events.k8s.io/v1. */
const MAX_NOTE_LENGTH = 1_024;
const MAX_NAME_LENGTH = 253;
const MAX_INSTANCE_LENGTH = 128;

/** Writes events.k8s.io/v1 Events one after the other, in the background. */
export class SeriesEventRecorder implements EventRecorder, Component {
  readonly name = 'event recorder';
  readonly #options: EventRecorderOptions;
  readonly #book = new EventSeriesBook();
  #unsent = 0;
  #isStopped = false;
  #lastSent: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(event: ClusterEvent): void {
    if (this.#isStopped || this.#unsent >= MAX_UNSENT) return;
    const nowMs = this.#options.time.nowMs();
    const name = nameEvent(event.regarding.ref.name);
    const plan = this.#book.plan(event, { name, nowMs });
    if (plan.kind === 'nothing') return;
    this.#unsent += 1;
    this.#lastSent = this.#lastSent.then(() => this.#send(event, plan, { name, nowMs }));
  }

  /** What was recorded is still sent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#lastSent;
  }

  async #send(
    event: ClusterEvent,
    plan: Exclude<EventPlan, { kind: 'nothing' }>,
    { name, nowMs }: { readonly name: string; readonly nowMs: number },
  ): Promise<void> {
    const { events, logger } = this.#options;
    try {
      if (plan.kind === 'create') await events.create(this.#describe(event, name, nowMs));
      else await events.mergePatch(plan.series.name, { series: describeSeries(plan.series) });
    } catch (error: unknown) {
      this.#book.drop(event);
      logger.debug({ err: error, reason: event.reason }, 'event lost');
    } finally {
      this.#unsent -= 1;
    }
  }

  #describe({ regarding, type, reason, action, note }: ClusterEvent, name: string, nowMs: number): object {
    const { apiVersion, kind, controller, instance } = this.#options;
    const { namespace } = regarding.ref;
    const { uid, resourceVersion } = regarding;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: toMicroTime(nowMs),
      reportingController: controller,
      reportingInstance: instance.slice(-MAX_INSTANCE_LENGTH), // its end is what is unique
      regarding: { apiVersion, kind, namespace, name: regarding.ref.name, uid, resourceVersion },
      type,
      reason,
      action,
      note: shorten(note),
    };
  }
}

function describeSeries({
  count,
  lastObservedMs,
}: {
  readonly count: number;
  readonly lastObservedMs: number;
}): object {
  return { count, lastObservedTime: toMicroTime(lastObservedMs) };
}

function nameEvent(regardingName: string): string {
  const suffix = `.${randomBytes(8).toString('hex')}`;
  return `${regardingName.slice(0, MAX_NAME_LENGTH - suffix.length)}${suffix}`;
}

/** The limit counts bytes. */
function shorten(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE_LENGTH) return note;
  const kept = new TextDecoder().decode(bytes.subarray(0, MAX_NOTE_LENGTH - 6), { stream: true });
  return `${kept}...`;
}

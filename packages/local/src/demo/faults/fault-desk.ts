import type { FaultReport } from '@orderflow/contracts/fault-report';
import type { ServiceProcess } from '../../platform/service-process.ts';
import { FAULTS, isFaultKind, type FaultKind } from './fault.ts';
import type { FaultCall } from './inject-fault.ts';

const EVENTS_KEPT = 30;
const OFFERED = Object.entries(FAULTS).map(([kind, words]) => ({ kind, ...words }));

export interface FaultDeskOptions {
  /** Resolves when the fault is over; rejects when it could not be injected or what it broke does not come back. */
  readonly inject: (kind: FaultKind, call: FaultCall) => Promise<void>;
  /** What the auditor says of everything before the moment; resolves early when the signal aborts. */
  readonly judge: (beforeMs: number, signal: AbortSignal) => Promise<string>;
  /** Told of every change. */
  readonly onChange: (report: FaultReport) => void;
  readonly nowMs: () => number;
}

/** `busy`: another one is under way, or the same one already. */
export type StrikeAnswer = 'started' | 'busy' | 'closed' | 'unknown';

/**
 * Takes wishes for faults, one at a time: a second click and a second viewer are told so. What is judged afterwards does
 * not hold up the next one.
 */
export class FaultDesk {
  readonly #options: FaultDeskOptions;
  readonly #stopping = new AbortController();
  readonly #judging = new Set<Promise<void>>();
  #report: FaultReport = { isOpen: false, offered: OFFERED, running: null, events: [] };
  #beforeEnd: FaultCall['beforeEnd'] = () => Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(options: FaultDeskOptions) {
    this.#options = options;
  }

  get report(): FaultReport {
    return this.#report;
  }

  /** Takes wishes from now on; `beforeEnd` is called for every process that a fault is about to end. */
  open(beforeEnd: (service: ServiceProcess) => Promise<void> = () => Promise.resolve()): void {
    this.#beforeEnd = beforeEnd;
    this.#change({ isOpen: !this.#stopping.signal.aborted });
  }

  /** Takes no more, and waits until the present one is over. */
  async close(): Promise<void> {
    this.#change({ isOpen: false });
    await this.rest();
  }

  /** Resolves when no fault is under way. */
  async rest(): Promise<void> {
    await this.#running;
  }

  strike(kind: string): StrikeAnswer {
    if (!isFaultKind(kind)) return 'unknown';
    if (!this.#report.isOpen) return 'closed';
    if (this.#report.running !== null) return 'busy';
    this.#running = this.#run(kind);
    return 'started';
  }

  /** Ends the present fault early; what it stopped is woken. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.close();
    await Promise.all(this.#judging);
  }

  async #run(kind: FaultKind): Promise<void> {
    const { inject, nowMs } = this.#options;
    const { title } = FAULTS[kind];
    const { signal } = this.#stopping;
    this.#change({ running: kind }, title);
    try {
      await inject(kind, { beforeEnd: this.#beforeEnd, tell: (text) => this.#change({}, text), signal });
    } catch (error: unknown) {
      if (!signal.aborted)
        this.#change({}, `${title} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#change({ running: null });
    const judging = this.#judge(title, nowMs()).finally(() => this.#judging.delete(judging));
    this.#judging.add(judging);
  }

  async #judge(title: string, endedAtMs: number): Promise<void> {
    const { signal } = this.#stopping;
    const verdict = await this.#options.judge(endedAtMs, signal);
    if (!signal.aborted) this.#change({}, `after "${title}": ${verdict}`);
  }

  #change(change: Partial<FaultReport>, text?: string): void {
    const at = new Date(this.#options.nowMs()).toISOString();
    const events = [...(text === undefined ? [] : [{ at, text }]), ...this.#report.events].slice(0, EVENTS_KEPT);
    this.#report = { ...this.#report, ...change, events };
    this.#options.onChange(this.#report);
  }
}

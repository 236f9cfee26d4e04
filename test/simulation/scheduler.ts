/** A process of the simulated world. What it has scheduled happens only while it lives and is not paused. */
export interface SimulatedProcess {
  readonly name: string;
  isAlive: boolean;
  pausedUntilMs: number;
}

export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  /** Nobody: the world itself, and its servers. */
  readonly process: SimulatedProcess | undefined;
  readonly act: () => void;
  isCancelled: boolean;
}

const runMicrotasks = (): Promise<void> =>
  new Promise((resolve) => {
    realSetImmediate(resolve);
  });
const realSetImmediate = setImmediate; // before virtual time is installed

/**
 * Virtual time and what happens in it, one thing after the other. After each, all code that can go on does so until
 * everybody waits again; then time jumps to the next. Two runs of the same world do the same, to the last microtask.
 */
export class Scheduler {
  nowMs = 0;
  /** Whose code runs now: timers and calls belong to it. */
  current: SimulatedProcess | undefined;
  steps = 0;
  /** A fingerprint of everything that has happened and when. */
  fingerprint = 0;
  readonly #queue: Scheduled[] = [];
  #order = 0;

  /** Does something later in the name of a process, by default the one whose code runs. */
  after(delayMs: number, act: () => void, process: SimulatedProcess | undefined = this.current): Scheduled {
    const scheduled = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order, process, act, isCancelled: false };
    this.#order += 1;
    this.#push(scheduled);
    return scheduled;
  }

  /** Does something later that belongs to no process, so that no crash takes it back. */
  afterAsWorld(delayMs: number, act: () => void): void {
    const { current } = this;
    this.current = undefined;
    this.after(delayMs, act);
    this.current = current;
  }

  /** Runs until the condition holds; false when time is up before. */
  async runUntil(isDone: () => boolean, deadlineMs: number): Promise<boolean> {
    while (!isDone()) {
      const next = this.#pop();
      if (next === undefined || next.atMs > deadlineMs) return false;
      if (next.isCancelled || next.process?.isAlive === false) continue;
      this.nowMs = next.atMs;
      if (next.process !== undefined && next.process.pausedUntilMs > this.nowMs) {
        this.#push({ ...next, atMs: next.process.pausedUntilMs });
        continue;
      }
      this.current = next.process;
      this.steps += 1;
      this.fingerprint = (Math.imul(this.fingerprint, 31) + Math.round(next.atMs * 8) + next.order) | 0;
      next.act();
      await runMicrotasks();
    }
    return true;
  }

  /** Binary heap, earliest first; of the same moment, first scheduled first. */
  #push(scheduled: Scheduled): void {
    const queue = this.#queue;
    let index = queue.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = queue[parentIndex]!;
      if (!isBefore(scheduled, parent)) break;
      queue[index] = parent;
      index = parentIndex;
    }
    queue[index] = scheduled;
  }

  #pop(): Scheduled | undefined {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (first === undefined || last === undefined || queue.length === 0) return first;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= queue.length) break;
      if (childIndex + 1 < queue.length && isBefore(queue[childIndex + 1]!, queue[childIndex]!)) childIndex += 1;
      if (!isBefore(queue[childIndex]!, last)) break;
      queue[index] = queue[childIndex]!;
      index = childIndex;
    }
    queue[index] = last;
    return first;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

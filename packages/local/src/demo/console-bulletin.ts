import { rename, writeFile } from 'node:fs/promises';
import type { FaultDeskFacts } from '@orderflow/contracts/fault-report';
import type { PlatformFacts } from '@orderflow/console/platform-file';
import type { Job } from '@orderflow/console/surroundings';
import type { Decision } from '@orderflow/operator/scaling/decision';
import { describeError } from '../local-error.ts';
import type { Platform } from '../platform/platform.ts';
import type { ServiceProcess } from '../platform/service-process.ts';
import type { ProgressLog } from '../progress.ts';

const CHANGES_KEPT = 20;

/** Writes down for the console which processes there are and what was decided about them. */
export class ConsoleBulletin {
  readonly #file: string;
  readonly #log: ProgressLog;
  #facts: PlatformFacts = { processes: [], scaling: null, changes: [] };
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, log: ProgressLog) {
    this.#file = file;
    this.#log = log;
  }

  /** To be called whenever the platform has other processes than before. Resolves when the console can know. */
  async follow({ gateway, orders, processors }: Pick<Platform, 'gateway' | 'orders' | 'processors'>): Promise<void> {
    const processes = [
      addressOf('api-gateway', gateway),
      addressOf('order-service', orders),
      ...processors.map((processor) => addressOf('event-processor', processor)),
    ];
    await this.#write({ ...this.#facts, processes });
  }

  /** Takes note of a decision, and of a change of the replicas for longer. */
  decided({ atMs, direction, replicas }: Decision, text: string): void {
    const at = new Date(atMs).toISOString();
    const change = direction === 'hold' ? [] : [{ at, text: text.split('\n', 1)[0] ?? '' }];
    const changes = [...change, ...this.#facts.changes].slice(0, CHANGES_KEPT);
    void this.#write({ ...this.#facts, scaling: { at, direction, replicas, text }, changes });
  }

  /** Lets the console inject faults, and shows what became of them. */
  offerFaults(faults: FaultDeskFacts): void {
    void this.#write({ ...this.#facts, faults });
  }

  /** One after the other and by renaming, so that nobody reads half a file. A file that cannot be written stops no demo. */
  #write(facts: PlatformFacts): Promise<void> {
    this.#facts = facts;
    this.#writing = this.#writeAfter(this.#writing);
    return this.#writing;
  }

  async #writeAfter(previous: Promise<void>): Promise<void> {
    await previous;
    try {
      await writeFile(`${this.#file}.new`, JSON.stringify(this.#facts), { mode: 0o600 }); // a token is in it
      await rename(`${this.#file}.new`, this.#file);
    } catch (error: unknown) {
      this.#log.step(`console: ${describeError(error)}`);
    }
  }
}

const addressOf = (job: Job, { name, adminUrl }: ServiceProcess) => ({ job, name, adminUrl });

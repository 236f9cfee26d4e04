import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '@orderflow/service-kit/config';
import type { ReceiptsMode, ReceiptSink } from './receipts.ts';

/** Each write goes to the end as it is then: others may add lines of their own, as the console does. */
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
const OPEN_FLAGS: Readonly<Record<ReceiptsMode, number>> = { replace: APPEND | constants.O_TRUNC, append: APPEND };

const FLUSH_INTERVAL_MS = 100;

/** Receipts are lost (the disk is full): the run proves nothing. */
export class ReceiptsError extends Error {
  override readonly name = 'ReceiptsError';
  readonly code = 'RECEIPTS_NOT_WRITTEN';
}

/**
 * The receipts journal as a file of JSON lines. Lines are collected and written in chunks, so that an append costs a
 * push; a killed generator loses at most the lines of the last 100 ms, and may leave half a line.
 */
export class ReceiptJournal implements ReceiptSink, AsyncDisposable {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #onFailure: () => void;
  readonly #timer: NodeJS.Timeout;
  #lines: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isIdle = true;
  #failure: ReceiptsError | undefined;

  private constructor(file: FileHandle, path: string, onFailure: () => void) {
    this.#file = file;
    this.#path = path;
    this.#onFailure = onFailure;
    this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL_MS);
  }

  /**
   * Begins a new journal, replacing the file of an earlier run, or adds to that of a load that runs: replaced, its
   * receipts would be lost. `onFailure` is called once, when a write fails.
   *
   * @throws {ConfigError} when the file can not be opened.
   */
  static async create(path: string, mode: ReceiptsMode, onFailure: () => void): Promise<ReceiptJournal> {
    try {
      await mkdir(dirname(path), { recursive: true });
      return new ReceiptJournal(await open(path, OPEN_FLAGS[mode]), path, onFailure);
    } catch (error: unknown) {
      throw new ConfigError([{ key: '--receipts', reason: `can not be written (${(error as Error).message})` }]);
    }
  }

  append(line: string): void {
    this.#lines.push(line);
  }

  /**
   * Writes what is left and makes it durable.
   *
   * @throws {ReceiptsError} when a write failed.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    this.#flush();
    await this.#writing;
    await this.#attempt(() => this.#file.datasync());
    await this.#attempt(() => this.#file.close());
    if (this.#failure !== undefined) throw this.#failure;
  }

  #flush(): void {
    if (!this.#isIdle || this.#lines.length === 0) return;
    const chunk = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#writing = this.#write(chunk);
  }

  async #write(chunk: string): Promise<void> {
    if (this.#failure !== undefined) return; // a journal with a hole would look whole
    this.#isIdle = false;
    await this.#attempt(() => this.#file.appendFile(chunk));
    this.#isIdle = true;
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error: unknown) {
      if (this.#failure !== undefined) return;
      const message = `the receipts could not be written to ${this.#path} (${(error as Error).message})`;
      this.#failure = new ReceiptsError(message, { cause: error });
      this.#onFailure();
    }
  }
}

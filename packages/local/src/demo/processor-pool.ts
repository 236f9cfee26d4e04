import type { Platform } from '../platform/platform.ts';
import type { ServiceProcess } from '../platform/service-process.ts';
import type { ScalablePool } from './local-scaler.ts';

export interface ProcessorPoolOptions {
  readonly platform: Platform;
  readonly onAdded: (processor: ServiceProcess) => void;
  /** Called before it stops: afterwards its metrics are gone. */
  readonly onRemoving: (processor: ServiceProcess) => Promise<void>;
  /** Called when the platform has other processors than before. */
  readonly onChanged: () => Promise<void> | undefined;
}

/** The platform's event processors; the youngest go first. */
export class ProcessorPool implements ScalablePool {
  readonly #options: ProcessorPoolOptions;

  constructor(options: ProcessorPoolOptions) {
    this.#options = options;
  }

  get ready(): number {
    return this.#options.platform.processors.length;
  }

  async scale(replicas: number): Promise<void> {
    const { platform, onAdded, onRemoving, onChanged } = this.#options;
    const missing = Math.max(0, replicas - this.ready);
    const added = await Promise.all(Array.from({ length: missing }, () => platform.addProcessor()));
    added.forEach(onAdded);
    const surplus = platform.processors.slice(Math.max(1, replicas));
    for (const processor of surplus) await onRemoving(processor);
    await Promise.all(surplus.map((processor) => platform.removeProcessor(processor)));
    await onChanged();
  }
}

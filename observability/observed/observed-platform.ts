import { join, resolve } from 'node:path';
import { startLoad } from '@orderflow/local/demo/load';
import { ProcessorPool } from '@orderflow/local/demo/processor-pool';
import { DemoScaling } from '@orderflow/local/demo/scaling';
import { readLocalEnvironment } from '@orderflow/local/environment';
import { startObservation, type Observation } from '@orderflow/local/observe/observation';
import { startPlatform, type Platform } from '@orderflow/local/platform/platform';
import { silentProgress } from '@orderflow/local/progress';
import { requirePrometheus } from '@orderflow/local/requirements';
import { openRunDirectory } from '@orderflow/local/run-directory';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const SCALING = { DEMO_PROCESSORS: 1, DEMO_MAX_PROCESSORS: 2, DEMO_PROCESSING_DELAY_MS: 0 };

/** A platform of its own that Prometheus scrapes, as in `make demo OBSERVE=1`. */
export interface ObservedPlatform extends AsyncDisposable {
  readonly platform: Platform;
  readonly observation: Observation;
  /** JSON lines: what the receiver has kept. */
  readonly spansFile: string;
  /** Sends orders at a steady rate; resolves when all of them are answered. */
  sendOrders(load: { readonly ratePerSecond: number; readonly seconds: number }): Promise<void>;
}

/** @throws {LocalError} PROMETHEUS_MISSING before anything is started. */
export async function startObservedPlatform(): Promise<ObservedPlatform> {
  const prometheus = requirePrometheus(readLocalEnvironment(), join(REPOSITORY, 'bin'));
  const localDirectory = join(REPOSITORY, '.local');
  await using starting = new AsyncDisposableStack();
  const run = await openRunDirectory({ localDirectory, name: 'dashboards' });
  starting.defer(() => run.remove());
  const receipts = join(run.path, 'receipts.jsonl');
  const spansFile = join(run.path, 'spans.jsonl');
  const observation = starting.use(await startObservation({ run, prometheus, spansFile, traceRatio: 0.1 }));
  const platform = await startPlatform({
    run,
    cacheDirectory: join(localDirectory, 'cache'),
    log: silentProgress,
    processors: 1,
    auditor: { receipts },
    env: { gateway: observation.env, orders: observation.env, processor: observation.env },
  });
  starting.defer(() => platform.stop());
  await observation.follow(platform);
  starting.use(startScaling(platform, observation));

  const running = starting.move();
  return {
    platform,
    observation,
    spansFile,
    sendOrders: async (load) => {
      const report = join(run.path, 'load.json');
      const gateway = platform.gateway.url;
      await startLoad({ ...load, run, receipts, report, gateway, onSample: () => undefined }).exited;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The operator's part, in this process. */
function startScaling(platform: Platform, observation: Observation): DemoScaling {
  const pool = new ProcessorPool({
    platform,
    onAdded: () => undefined,
    onRemoving: async () => undefined,
    onChanged: () => observation.follow(platform),
  });
  const { kafkaBootstrapServers } = platform.endpoints();
  const metrics = observation.scalerMetrics;
  return new DemoScaling({ config: SCALING, kafkaBootstrapServers, pool, log: silentProgress, metrics });
}

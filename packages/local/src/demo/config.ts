import { z } from 'zod';
import { envBool, envInt, envNumber, readConfig, type Environment } from '@orderflow/service-kit/config';

const schema = z.object({
  /** Orders per second. */
  DEMO_RATE: envNumber({ min: 1, max: 100_000 }).default(1_000),
  DEMO_SECONDS: envInt({ min: 1, max: 86_400 }).default(60),
  /**
   * Before that the load rises to the full rate, while compilers and caches warm up. These orders are proved like all
   * others; latency, CPU and WAL are measured without them.
   */
  DEMO_WARMUP_SECONDS: envInt({ min: 0, max: 600 }).default(20),
  /** Event processors at first and at least; the operator's decision adds more when they are needed. */
  DEMO_PROCESSORS: envInt({ min: 1, max: 12 }).default(1),
  DEMO_MAX_PROCESSORS: envInt({ min: 1, max: 12 }).default(6),
  /** How long each event pretends to take, so that scaling is to be seen. */
  DEMO_PROCESSING_DELAY_MS: envInt({ min: 0, max: 1_000 }).default(0),
  /** Run a Prometheus and a receiver of spans beside the platform. */
  OBSERVE: envBool().default(false),
  /** Leave everything running after the verdict, until Ctrl-C. */
  KEEP: envBool().default(false),
  /** When the user's command began, Unix milliseconds: the start of `timeToFirstOrderMs`. */
  DEMO_STARTED_AT_MS: envInt({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
});

export type DemoConfig = z.infer<typeof schema>;

/** @throws {ConfigError} naming every variable that is malformed. */
export function readDemoConfig(env: Environment): DemoConfig {
  return readConfig(schema, env);
}

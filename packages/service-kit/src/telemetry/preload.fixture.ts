/** Loads what services load, for preload.int.test.ts, and prints what of it is traced. */
import { installedTracing } from './tracing.ts';

for (const library of ['express', 'kafkajs', 'pg', 'pino']) await import(library);

const tracing = installedTracing();
process.stdout.write(JSON.stringify({ isOn: tracing !== undefined, ...(await tracing?.instrumented()) }));
await tracing?.shutdown();

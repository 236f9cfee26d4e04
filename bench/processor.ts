import type { BenchSize } from './options.ts';
import type { Findings } from './report.ts';
import type { Stage } from './stage.ts';
export async function benchProcessor(_stage: Stage, _size: BenchSize): Promise<Findings> {
  return await Promise.reject(new Error('not yet'));
}

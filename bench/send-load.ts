import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { superviseProcess } from '@orderflow/local/child-process';
import type { LoadResult } from './closed-loop-load.ts';
import type { Stage } from './stage.ts';

const LOAD = join(import.meta.dirname, 'closed-loop-load.ts');

export interface LoadPlan {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Undefined: as fast as the answers come. */
  readonly perSecond?: number;
}

/** Sends orders from a process of its own. */
export async function sendLoad(stage: Stage, plan: LoadPlan): Promise<LoadResult> {
  const file = join(stage.run.path, 'load-result.json');
  const rate = plan.perSecond === undefined ? [] : [String(plan.perSecond)];
  const child = await superviseProcess({
    name: 'closed-loop-load',
    command: process.execPath,
    args: [LOAD, plan.url, String(plan.connections), String(plan.seconds), file, ...rate],
    run: stage.run,
  });
  const stop = (): void => child.kill();
  stage.signal.addEventListener('abort', stop, { once: true });
  const { code } = await child.exited;
  stage.signal.removeEventListener('abort', stop);
  stage.signal.throwIfAborted();
  if (code !== 0) throw new Error(`the load generator failed: ${child.lastLines()}`);
  return JSON.parse(await readFile(file, 'utf8')) as LoadResult;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/** How the operator's container runs it: read from what is shipped, so that whoever starts it so measures the same. */
export interface ContainerCommand {
  /** What follows `node`. */
  readonly args: readonly string[];
  /** NODE_OPTIONS of the chart: the bounds of the heap. */
  readonly nodeOptions: string;
}

/** @throws {Error} when the Dockerfile or the chart does not say it where it did. */
export function readContainerCommand(): ContainerCommand {
  const [node, ...args] = z.array(z.string()).parse(JSON.parse(find('Dockerfile', /^CMD (\["node".*\])$/m)));
  if (node !== 'node') throw new Error('the container does not run node');
  return { args, nodeOptions: find('charts/operator/templates/_part.tpl', /^ +NODE_OPTIONS: (.+)$/m) };
}

function find(file: string, pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(REPOSITORY, file), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${file} has nothing like ${pattern.source}`);
  return found;
}

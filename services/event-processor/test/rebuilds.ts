import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { testKafka } from '@orderflow/local/testing';
import type { TestStream } from './analytics.ts';

const REBUILD_MAIN = join(import.meta.dirname, '..', 'src', 'rebuild-main.ts');

export interface RebuildResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a process. */
export interface RunningRebuild {
  readonly ended: Promise<RebuildResult>;
  /** What it has said so far. */
  stdout(): string;
  /** SIGKILL. */
  kill(): void;
}

export interface RebuildTarget {
  /** As the owner of the tables. */
  readonly databaseUrl: string;
  readonly stream: TestStream;
}

export function startRebuild({ databaseUrl, stream }: RebuildTarget, ...args: readonly string[]): RunningRebuild {
  const child = spawn(process.execPath, [REBUILD_MAIN, ...args], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      KAFKA_BOOTSTRAP_SERVERS: testKafka(),
      TOPIC: stream.topic,
      CONSUMER_GROUP: stream.consumerGroup,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<RebuildResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { ended, stdout: () => stdout, kill: () => child.kill('SIGKILL') };
}

export const rebuild = (target: RebuildTarget, ...args: readonly string[]): Promise<RebuildResult> =>
  startRebuild(target, ...args).ended;

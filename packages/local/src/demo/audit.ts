import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Endpoints } from '../platform/platform.ts';

const AUDITOR = join(import.meta.dirname, '..', '..', '..', '..', 'services', 'auditor', 'src', 'main.ts');

export interface AuditOptions {
  readonly endpoints: Endpoints;
  /** What clients were told, as the load generator wrote it. */
  readonly receipts: string;
  /** Where the auditor writes its report. */
  readonly report: string;
  /** Whether its text goes to this terminal. */
  readonly stdio: 'inherit' | 'ignore';
}

/** Runs the auditor to its end; returns its exit code, 0 when everything is proved. */
export async function runAuditor({ endpoints, receipts, report, stdio }: AuditOptions): Promise<number> {
  const args = [AUDITOR, '--receipts', receipts, '--json', report];
  args.push('--orders-url', endpoints.ordersDatabaseUrl, '--analytics-url', endpoints.analyticsDatabaseUrl);
  args.push('--kafka', endpoints.kafkaBootstrapServers);
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdio, stdio] });
  const exited = Promise.withResolvers<number>();
  child.once('error', exited.reject);
  child.once('exit', (code) => exited.resolve(code ?? 1));
  return exited.promise;
}

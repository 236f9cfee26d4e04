import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { envInt, readConfig } from '@orderflow/service-kit/config';
import { z } from 'zod';
import { readClusterConfig } from '../../deploy/cluster/config.ts';
import { runMain } from '../../deploy/run-main.ts';
import { ClusterLoad } from '../cluster/cluster-load.ts';
import { keepingDiagnostics } from '../cluster/diagnostics.ts';
import { HelmRelease } from '../cluster/helm-release.ts';
import { Namespace } from '../cluster/namespace.ts';
import { findFaults, findSlowSteps, renderReport } from './report.ts';
import { ROLLING_MIX, runRollingDemo } from './rolling-demo.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const CHART = join(REPOSITORY, 'charts', 'platform');
const RELEASE = 'orderflow';

const schema = z.object({
  /** Orders per second. */
  ROLLING_RATE: envInt({ min: 1, max: 10_000 }).default(200),
  ROLLING_ROUNDS: envInt({ min: 1, max: 20 }).default(3),
});

/** A minute and a half is ample for each of four steps. */
const MINUTES_PER_ROUND = 6;

function log(line: string): void {
  process.stderr.write(`rolling-demo: ${line}\n`);
}

await runMain('rolling-demo', async () => {
  const { ROLLING_RATE: ratePerSecond, ROLLING_ROUNDS: rounds } = readConfig(schema, process.env);
  const { namespace: name, helm } = readClusterConfig(process.env, join(REPOSITORY, 'bin'));
  const namespace = new Namespace(name);
  const release = new HelmRelease({ helm, namespace: name, name: RELEASE, chart: CHART, values: [] });
  const folder = await mkdtemp(join(tmpdir(), 'orderflow-rolling-'));
  try {
    const values = join(folder, 'values.json');
    await writeFile(values, await release.values());
    const load = new ClusterLoad({
      helm,
      namespace: name,
      chart: CHART,
      values: [values],
      target: RELEASE,
      ratePerSecond,
      load: ROLLING_MIX,
      atMostMinutes: MINUTES_PER_ROUND * rounds + 2,
    });
    const report = await keepingDiagnostics(namespace, 'rolling-demo', async () => {
      await using running = load;
      return await runRollingDemo({ namespace, release, load: running, ratePerSecond, rounds, log });
    });
    process.stdout.write(`${report.verdict.report.trimEnd()}\n\n${renderReport(report)}\n`);
    return findFaults(report).length + findSlowSteps(report).length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
});

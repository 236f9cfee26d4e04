import { parseArgs } from 'node:util';
import { explainLagScaler } from './explain-lag-scaler.ts';
import { findLagScaler } from './kubernetes/find-lag-scaler.ts';

const USAGE = `Says in words why a LagScaler has the replicas it has.

  npm run explain -- <name> [-n <namespace>]

The cluster is that of KUBECONFIG or ~/.kube/config; the namespace that of its current context.
`;

/** @returns the exit code: 2 for a wrong command line, 1 when there is no answer. */
async function main(commandLine: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: { namespace: { type: 'string', short: 'n' }, help: { type: 'boolean', short: 'h' } },
  });
  const [name, ...rest] = positionals;
  if (values.help === true || name === undefined || rest.length > 0) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const found = await findLagScaler(name, values.namespace);
  process.stdout.write(explainLagScaler({ ...found, name }, Date.now()));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error: unknown) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? USAGE : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}

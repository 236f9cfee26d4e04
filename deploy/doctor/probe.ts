import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CommandFailure, runCommand } from '@orderflow/local/command';
import { currentContext, findRunning, kubectl, listNames } from '../kubectl.ts';
import { OPERATORS } from '../pins.ts';
import { findVersion } from '../version.ts';
import { parseCpuMillis, parseMemoryBytes, type ClusterFacts, type FoundProgram } from './facts.ts';
import type { MachineFacts, NodeResources, SeenCluster } from './facts.ts';

/** Where to look for programs. */
export interface SearchPath {
  /** The folder that `make tools` fills; it comes before the PATH. */
  readonly bin: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Looks at this machine and at the cluster of the current context. Changes nothing. */
export async function probeMachine(search: SearchPath): Promise<MachineFacts> {
  const docker = search.env['DOCKER'] ?? 'docker';
  const [engine, buildKit] = await Promise.all([
    succeeds([docker, 'version', '--format', '{{.Server.Version}}']),
    // Before version 23 BuildKit is a part of the engine, afterwards a plugin of the client.
    hasBuildKit(docker),
  ]);
  return {
    node: { path: process.execPath, version: process.versions.node },
    docker: await findProgram(docker, ['--version'], search),
    hasDockerEngine: engine,
    hasBuildKit: buildKit,
    kubectl: await findProgram('kubectl', ['version', '--client'], search),
    go: await findProgram('go', ['version'], search),
    helm: await findProgram(search.env['HELM'] ?? 'helm', ['version', '--short'], search),
    kind: await findProgram(search.env['KIND'] ?? 'kind', ['version'], search),
    skaffold: await findProgram(search.env['SKAFFOLD'] ?? 'skaffold', ['version'], search),
    cluster: await probeCluster(),
  };
}

async function hasBuildKit(docker: string): Promise<boolean> {
  const version = findVersion(await runCommand([docker, '--version']).catch(() => ''));
  const [major = 0] = (version ?? '0').split('.').map(Number);
  return major < 23 || (await succeeds([docker, 'buildx', 'version']));
}

async function findProgram(
  name: string,
  versionArguments: readonly string[],
  { bin, env }: SearchPath,
): Promise<FoundProgram | undefined> {
  const folders = [bin, ...(env['PATH'] ?? '').split(delimiter)];
  for (const path of name.includes('/') ? [name] : folders.map((folder) => join(folder, name))) {
    if (!(await isExecutable(path))) continue;
    return { path, version: findVersion(await runCommand([path, ...versionArguments]).catch(() => '')) };
  }
  return undefined;
}

async function probeCluster(): Promise<SeenCluster> {
  const context = await currentContext();
  if (context === undefined) return { kind: 'unreachable', reason: 'kubectl has no current context' };
  try {
    return { kind: 'reached', facts: await readCluster(context) };
  } catch (error: unknown) {
    const output = error instanceof CommandFailure ? error.output : String(error);
    const lastLine = output.slice(output.lastIndexOf('\n') + 1);
    return { kind: 'unreachable', reason: `context ${context}: ${lastLine}` };
  }
}

async function readCluster(context: string): Promise<ClusterFacts> {
  const version = JSON.parse(await kubectl('get', '--raw', '/version')) as { readonly gitVersion: string };
  const defaults = await kubectl('get', 'storageclass', `--output=jsonpath=${DEFAULT_CLASS}`);
  return {
    context,
    version: findVersion(version.gitVersion),
    nodes: parseNodes(await kubectl('get', 'nodes', `--output=jsonpath=${ALLOCATABLE}`)),
    crds: await listNames('customresourcedefinitions'),
    runningOperators: await findRunning(OPERATORS),
    storageClasses: await listNames('storageclass'),
    hasDefaultStorageClass: defaults.includes('true'),
  };
}

const ALLOCATABLE = '{range .items[*]}{.status.allocatable.cpu}{" "}{.status.allocatable.memory}{"\\n"}{end}';
const DEFAULT_CLASS = String.raw`{.items[*].metadata.annotations.storageclass\.kubernetes\.io/is-default-class}`;

function parseNodes(output: string): NodeResources[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [cpu = '', memory = ''] = line.split(' ');
    return { cpuMillis: parseCpuMillis(cpu), memoryBytes: parseMemoryBytes(memory) };
  });
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function succeeds(command: readonly [string, ...string[]]): Promise<boolean> {
  return runCommand(command).then(
    () => true,
    () => false,
  );
}

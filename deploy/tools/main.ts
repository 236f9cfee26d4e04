import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand } from '@orderflow/local/command';
import { LocalError } from '@orderflow/local/local-error';
import { runAttached } from '../attached-command.ts';
import type { PinnedTool } from '../pins.ts';
import { runMain } from '../run-main.ts';
import { buildFlags, chooseTools, parseModuleVersion, planTools, withoutGo, type ToolPlan } from './plan.ts';

const BIN = resolve(import.meta.dirname, '..', '..', 'bin');

await runMain('tools', main);

/** Puts the pinned tools, or those named on the command line, into ./bin. */
async function main(): Promise<number> {
  const names = process.argv.slice(2);
  const tools = chooseTools(names);
  if (tools === undefined) {
    process.stderr.write(`tools: there is no such tool among ${names.join(', ')}\n`);
    return 2;
  }
  await requireGo(tools);
  await mkdir(BIN, { recursive: true });
  for (const plan of planTools(tools, await readVersions(tools))) await carryOut(plan);
  return 0;
}

async function requireGo(tools: readonly PinnedTool[]): Promise<void> {
  await runCommand(['go', 'version']).catch((error: unknown) => {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: 'The tools are built by Go, and there is no go on PATH.',
      fix: withoutGo(tools),
      cause: error,
    });
  });
}

async function readVersions(tools: readonly PinnedTool[]): Promise<ReadonlyMap<string, string>> {
  const versions = new Map<string, string>();
  for (const { name, module } of tools) {
    const output = await runCommand(['go', 'version', '-m', join(BIN, name)]).catch(() => '');
    const version = parseModuleVersion(output, module);
    if (version !== undefined) versions.set(name, version);
  }
  return versions;
}

async function carryOut(plan: ToolPlan): Promise<void> {
  const { tool } = plan;
  if (plan.kind === 'keep') {
    process.stderr.write(`tools: ${tool.name} ${tool.version} is there\n`);
    return;
  }
  const instead = plan.instead === undefined ? '' : ` instead of ${plan.instead}`;
  process.stderr.write(`tools: building ${tool.name} ${tool.version}${instead}, once (some take minutes)\n`);
  const startedMs = performance.now();
  await runAttached(['go', 'install', ...buildFlags(tool), `${tool.module}${tool.command}@${tool.version}`], {
    fix: 'See what Go says above; mostly the module proxy cannot be reached, or Go is too old for this version.',
    env: { ...process.env, GOBIN: BIN, CGO_ENABLED: '0' },
  });
  process.stderr.write(`tools: ${tool.name} ${tool.version} built in ${seconds(startedMs)} s\n`);
}

function seconds(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) / 1_000);
}

import { PINNED_TOOLS, PROMETHEUS, PROMTOOL, type PinnedTool } from '../pins.ts';

/** What to do about one tool. */
export type ToolPlan =
  | { readonly kind: 'keep'; readonly tool: PinnedTool }
  | { readonly kind: 'install'; readonly tool: PinnedTool; readonly instead: string | undefined };

/**
 * Keeps what ./bin has at the pinned version and installs the rest.
 * @param versions module version by tool name, of what is in ./bin
 */
export function planTools(tools: readonly PinnedTool[], versions: ReadonlyMap<string, string>): ToolPlan[] {
  return tools.map((tool) => {
    const present = versions.get(tool.name);
    return present === tool.version ? { kind: 'keep', tool } : { kind: 'install', tool, instead: present };
  });
}

/**
 * Reads the version of the main module from what `go version -m FILE` prints. The programs themselves do not all know
 * it: a version that is set by the linker is missing from what `go install` builds.
 */
export function parseModuleVersion(output: string, module: string): string | undefined {
  const fields = output.split('\n').map((line) => line.trim().split('\t'));
  return fields.find(([key, path]) => key === 'mod' && path === module)?.[2];
}

/** The tools with these names, those of the charts when there is none; undefined when a name is not one. */
export function chooseTools(names: readonly string[]): readonly PinnedTool[] | undefined {
  if (names.length === 0) return PINNED_TOOLS;
  const chosen = [...PINNED_TOOLS, PROMTOOL, PROMETHEUS].filter(({ name }) => names.includes(name));
  return chosen.length === names.length ? chosen : undefined;
}

/** What `go install` is told for this tool: no symbol tables, its variables, and what to leave out. */
export function buildFlags({ linkerVariables = {}, tags }: PinnedTool): readonly string[] {
  const variables = Object.entries(linkerVariables).map(([name, value]) => ` -X ${name}=${value}`);
  return [`-ldflags=-s -w${variables.join('')}`, ...(tags === undefined ? [] : [`-tags=${tags}`])];
}

/** What to do on a machine that cannot build these tools. */
export function withoutGo(tools: readonly PinnedTool[]): string {
  const elsewhere = tools.map(({ name, elsewhere: where }) => `${name}: ${where}`);
  return `Install Go (https://go.dev/dl), or bring what is to be built: ${elsewhere.join('; ')}.`;
}

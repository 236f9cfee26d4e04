import { runCommand } from '@orderflow/local/command';

/** Asks the cluster of the current context, and gives back what kubectl printed. @throws CommandFailure */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return runCommand(['kubectl', '--request-timeout=10s', ...args]);
}

/** The names in the answer of a `kubectl get`, without their kind: `crd/kafkas` is `kafkas`. @throws CommandFailure */
export async function listNames(...args: readonly string[]): Promise<string[]> {
  const output = await kubectl('get', ...args, '--output=name');
  return output
    .split('\n')
    .filter((line) => line.includes('/'))
    .map((line) => line.slice(line.lastIndexOf('/') + 1));
}

/** The context that kubectl works in; undefined when there is none. */
export async function currentContext(): Promise<string | undefined> {
  return runCommand(['kubectl', 'config', 'current-context']).then(
    (output) => output.trim(),
    () => undefined,
  );
}

/** Names of those of the operators that have a pod, in any namespace. @throws CommandFailure */
export async function findRunning(
  operators: readonly { readonly name: string; readonly podSelector: string }[],
): Promise<string[]> {
  const running: string[] = [];
  for (const { name, podSelector } of operators) {
    const pods = await listNames('pods', '--all-namespaces', `--selector=${podSelector}`);
    if (pods.length > 0) running.push(name);
  }
  return running;
}

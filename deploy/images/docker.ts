import { CommandFailure, runCommand } from '@orderflow/local/command';
import { LocalError } from '@orderflow/local/local-error';
import { runAttached } from '../attached-command.ts';
import { imageReference, type ImageSource } from './images.ts';
import type { ImagesConfig } from './config.ts';
import type { SeenImage } from './judge.ts';

/** The default of BUILD_IMAGE and RUNTIME_IMAGE in the Dockerfile. */
export const BASE_IMAGE = 'node:24-bookworm-slim';

/** @throws LocalError when there is no Docker that answers. */
export async function requireDocker(): Promise<void> {
  await runCommand(['docker', 'version', '--format', '{{.Server.Version}}']).catch((error: unknown) => {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: 'Images are built by Docker, and it does not answer.',
      fix: 'Install Docker (https://docs.docker.com/get-docker), start it, and see that this user may use it; `docker version` must show a server.',
      cause: error,
    });
  });
}

/** @throws LocalError when the build fails; what went wrong is in Docker's own output. */
export async function buildImage(
  source: ImageSource,
  { config, labels }: { readonly config: ImagesConfig; readonly labels: Readonly<Record<string, string>> },
): Promise<void> {
  const buildArguments = { WORKSPACE: source.workspace, ...labels };
  await runAttached(
    [
      'docker',
      'build',
      '--quiet',
      ...Object.entries(buildArguments).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...Object.entries(config.secrets).flatMap(([id, file]) => ['--secret', `id=${id},src=${file}`]),
      ...config.buildFlags,
      '--tag',
      imageReference(source, config.tag),
      '.',
    ],
    {
      fix: 'See what Docker says above; behind a proxy or a private registry set NODE_EXTRA_CA_CERTS, NPMRC or DOCKER_BUILD_FLAGS (README, On Kubernetes).',
      env: { ...process.env, DOCKER_BUILDKIT: '1' },
    },
  );
}

/** Looks at an image from outside, and from inside in a container with a read-only root and no network. */
export async function inspectImage(reference: string): Promise<SeenImage> {
  const run = ['docker', 'run', '--rm', '--read-only', '--network', 'none'] as const;
  const self = await runCommand([...run, reference, 'node', '-p', '`${process.pid} ${process.getuid()}`']);
  const [pid = 0, uid = 0] = self.trim().split(' ').map(Number);
  return {
    reference,
    sizeBytes: await sizeOf(reference),
    baseBytes: await sizeOf(BASE_IMAGE),
    pid,
    uid,
    exitCode: await exitCodeOf([...run, reference]),
  };
}

async function sizeOf(reference: string): Promise<number> {
  return Number(await runCommand(['docker', 'image', 'inspect', '--format', '{{.Size}}', reference]));
}

async function exitCodeOf(command: readonly [string, ...string[]]): Promise<number> {
  try {
    await runCommand(command);
    return 0;
  } catch (error: unknown) {
    if (!(error instanceof CommandFailure)) throw error;
    const code: unknown =
      typeof error.cause === 'object' && error.cause !== null ? Reflect.get(error.cause, 'code') : 1;
    return typeof code === 'number' ? code : 1;
  }
}

import { CommandFailure, runCommand } from '@orderflow/local/command';
import { LocalError } from '@orderflow/local/local-error';
import { runAttached } from '../attached-command.ts';
import type { ImagesConfig } from './config.ts';
import { imageReference, type ImageSource } from './images.ts';
import type { SeenImage } from './judge.ts';

/** The default of BUILD_IMAGE and RUNTIME_IMAGE in the Dockerfile. */
const BASE_IMAGE = 'node:24-bookworm-slim';

/** @throws LocalError when there is no Docker that answers. */
export async function requireDocker(docker: string): Promise<void> {
  await runCommand([docker, 'version', '--format', '{{.Server.Version}}']).catch((error: unknown) => {
    throw new LocalError({
      code: 'COMMAND_FAILED',
      message: 'Images are built by Docker, and it does not answer.',
      fix: `Install Docker, start it, and see that this user may use it: \`${docker} version\` must show a server.`,
      cause: error,
    });
  });
}

/** @throws LocalError when the build fails; what went wrong is in Docker's own output. */
export async function buildImage(
  source: ImageSource,
  config: ImagesConfig,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const buildArguments = { WORKSPACE: source.workspace, ...labels };
  await runAttached(
    [
      config.docker,
      'build',
      '--quiet',
      ...Object.entries(buildArguments).map(([key, value]) => `--build-arg=${key}=${value}`),
      ...Object.entries(config.secrets).map(([id, file]) => `--secret=id=${id},src=${file}`),
      ...config.buildFlags,
      `--tag=${imageReference(source, config.tag)}`,
      '.',
    ],
    {
      fix:
        'See what Docker says above. BuildKit missing: install docker-buildx. ' +
        'A proxy or a private registry: set NODE_EXTRA_CA_CERTS, NPMRC or DOCKER_BUILD_FLAGS.',
      env: { ...process.env, DOCKER_BUILDKIT: '1' },
    },
  );
}

/** No service knows this level; what reads no level is told something wrong by its arguments. */
const WRONG_SETTING = ['--env=LOG_LEVEL=loud'] as const;

/** Looks at an image from outside, and from inside in a container with a read-only root and no network. */
export async function inspectImage(source: ImageSource, { docker, tag }: ImagesConfig): Promise<SeenImage> {
  const reference = imageReference(source, tag);
  const run = [docker, 'run', '--rm', '--read-only', '--network=none'] as const;
  const self = await runCommand([...run, reference, 'node', '-p', '`${process.pid} ${process.getuid()}`']);
  const [pid = 0, uid = 0] = self.trim().split(' ').map(Number);
  const [sizeBytes, baseBytes] = await Promise.all([sizeOf(reference, docker), sizeOf(BASE_IMAGE, docker)]);
  const exitCode = await exitCodeOf([...run, ...WRONG_SETTING, reference, ...(source.wrongArguments ?? [])]);
  return { reference, sizeBytes, baseBytes, pid, uid, exitCode };
}

async function sizeOf(reference: string, docker: string): Promise<number> {
  return Number(await runCommand([docker, 'image', 'inspect', '--format', '{{.Size}}', reference]));
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

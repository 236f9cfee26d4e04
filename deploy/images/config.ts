/** What `make images` takes from the environment. */
export interface ImagesConfig {
  /** The docker to run: a machine may have one with BuildKit beside one without. */
  readonly docker: string;
  readonly tag: string;
  /** Files that reach the build as secrets, by the id that the Dockerfile knows them by. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Passed on to `docker build` as they are, for what a machine needs. */
  readonly buildFlags: readonly string[];
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const;

/**
 * DOCKER, TAG, NPMRC (a login for the registry), NODE_EXTRA_CA_CERTS (which npm uses here, so the build needs it too), the proxy
 * variables, and DOCKER_BUILD_FLAGS.
 */
export function readImagesConfig(env: NodeJS.ProcessEnv): ImagesConfig {
  const npmrc = env['NPMRC'] ?? '';
  const ca = env['NODE_EXTRA_CA_CERTS'] ?? '';
  // Named without a value, a build argument takes the value of the environment.
  const proxies = PROXY_VARIABLES.filter((name) => env[name] !== undefined).map((name) => `--build-arg=${name}`);
  const flags = (env['DOCKER_BUILD_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  return {
    docker: nonEmpty(env['DOCKER']) ?? 'docker',
    tag: nonEmpty(env['TAG']) ?? 'dev',
    secrets: { ...(npmrc === '' ? {} : { npmrc }), ...(ca === '' ? {} : { ca }) },
    buildFlags: [...proxies, ...flags],
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

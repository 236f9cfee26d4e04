/** What the embedded default takes from the environment. */
export interface LocalEnvironment {
  /** Folders to look for programs in, in order. */
  readonly path: readonly string[];
  readonly javaHome: string | undefined;
  /** ORDERFLOW_POSTGRES_BIN: a folder with `postgres` and `initdb`, or `embedded` for npm's; set, nothing else is looked at. */
  readonly postgresBin: string | undefined;
  /** What child processes inherit. */
  readonly childEnv: NodeJS.ProcessEnv;
}

/** The one place of this package where process.env is read. */
export function readLocalEnvironment(env: NodeJS.ProcessEnv = process.env): LocalEnvironment {
  return {
    path: (env['PATH'] ?? '').split(':').filter((folder) => folder !== ''),
    javaHome: env['JAVA_HOME'] === '' ? undefined : env['JAVA_HOME'],
    postgresBin: env['ORDERFLOW_POSTGRES_BIN'] === '' ? undefined : env['ORDERFLOW_POSTGRES_BIN'],
    childEnv: env,
  };
}

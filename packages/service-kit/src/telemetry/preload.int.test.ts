import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const FIXTURE = join(import.meta.dirname, 'preload.fixture.ts');
const PRELOAD = join(import.meta.dirname, 'preload.ts');
const NOBODY = 'http://127.0.0.1:9';

/** Lists the specifiers of everything that is loaded after it, on stderr. */
const RECORDER = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const note = (specifier) => process.stderr.write(specifier + '\\n');
  registerHooks({ resolve: (specifier, context, next) => (note(specifier), next(specifier, context)) });
`)}`;

interface Outcome {
  readonly output: unknown;
  readonly loaded: readonly string[];
}

async function load(env: Readonly<Record<string, string>>, imports: readonly string[] = [PRELOAD]): Promise<Outcome> {
  const flags = imports.flatMap((path) => ['--import', path]);
  const { stdout, stderr } = await run(process.execPath, ['--no-warnings', ...flags, FIXTURE], {
    env,
    cwd: import.meta.dirname,
  });
  return { output: JSON.parse(stdout), loaded: stderr.split('\n') };
}

test('all five libraries are really patched in ES modules that import them', async () => {
  const { output } = await load({ OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY });
  expect(output).toEqual({ isOn: true, patched: ['http', 'express', 'pg', 'kafkajs', 'pino'], unpatched: [] });
});

test('the check sees what is not patched: without the preload that is everything', async () => {
  const script = `
    import 'express'; import 'kafkajs'; import 'pg'; import 'pino';
    import { inspectLibraries } from './instrumented-libraries.ts';
    console.log(JSON.stringify(await inspectLibraries()));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname });
  expect(JSON.parse(stdout)).toEqual({ patched: [], unpatched: ['http', 'express', 'pg', 'kafkajs', 'pino'] });
});

test.each([
  ['disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY }],
  ['not asked for', {}],
])('where telemetry is %s, nothing of OpenTelemetry is loaded', async (_case, env: Record<string, string>) => {
  const { output, loaded } = await load(env, [RECORDER, PRELOAD]);
  expect(output).toEqual({ isOn: false });
  expect(loaded).toContain('kafkajs'); // the recorder works
  expect(loaded.filter((specifier) => /opentelemetry|in-the-middle/.test(specifier))).toEqual([]);
});

test('a sampler that does not exist ends the process as a bad variable of its own does', async () => {
  const starting = load({ OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY, OTEL_TRACES_SAMPLER: 'sometimes' });
  await expect(starting).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('OTEL_TRACES_SAMPLER') });
});

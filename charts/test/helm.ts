import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHARTS_FOLDER, chartNames } from '../schema/charts.ts';

const REPOSITORY = resolve(CHARTS_FOLDER, '..');

/** The oldest Kubernetes that the charts take; a helm that is built by `go install` renders for a far older one. */
const KUBE_VERSION = '1.30.0';

/** A resource as rendered. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- resources of all kinds, looked into by tests
  readonly [field: string]: any;
}

/** What stands in for a chart's release. */
export interface Rendering {
  readonly release?: string;
  readonly namespace?: string;
  /** Values files, below the chart's folder. */
  readonly files?: readonly string[];
  /** `--set` arguments. */
  readonly set?: readonly string[];
}

/** A chart with one of the values files that are kept with it; `undefined` is its defaults. */
export interface ChartCase {
  readonly chart: string;
  readonly file: string | undefined;
}

/** ./bin/NAME of the repository, or what the variable names. */
export function toolPath(name: string, variable: string): string | undefined {
  const own = join(REPOSITORY, 'bin', name);
  return process.env[variable] ?? (existsSync(own) ? own : undefined);
}

const helmPath = toolPath('helm', 'HELM') ?? 'helm';

/** Packs the charts into each other, once per process. */
export function buildDependencies(): void {
  execFileSync('sh', [join(CHARTS_FOLDER, 'build-dependencies.sh')], { env: { ...process.env, HELM: helmPath } });
}

/** Every chart with its defaults, its values-*.yaml and its ci/*-values.yaml. */
export function chartCases(): readonly ChartCase[] {
  return chartNames().flatMap((chart) => {
    const own = readdirSync(join(CHARTS_FOLDER, chart)).filter((file) => /^values-.+\.yaml$/.test(file));
    const ci = readdirSync(join(CHARTS_FOLDER, chart, 'ci')).map((file) => join('ci', file));
    return [undefined, ...own, ...ci].map((file) => ({ chart, file }));
  });
}

/** The text that helm renders, or its error. */
export function renderText(
  chart: string,
  rendering: Rendering = {},
): { readonly text: string; readonly error: string } {
  const { release = 'orderflow', namespace = 'shop' } = rendering;
  const { status, stdout, stderr } = spawnSync(
    helmPath,
    ['template', release, join(CHARTS_FOLDER, chart), '-n', namespace, ...KUBE_FLAGS, ...valueFlags(chart, rendering)],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return { text: status === 0 ? stdout : '', error: status === 0 ? '' : stderr };
}

const KUBE_FLAGS = ['--kube-version', KUBE_VERSION, '--include-crds'];

function valueFlags(chart: string, { files = [], set = [] }: Rendering): readonly string[] {
  return [
    ...files.flatMap((file) => ['-f', join(CHARTS_FOLDER, chart, file)]),
    ...set.flatMap((assignment) => ['--set', assignment]),
  ];
}

/** The resources that helm renders. */
export function render(chart: string, rendering: Rendering = {}): readonly Resource[] {
  const { text, error } = renderText(chart, rendering);
  if (error !== '') throw new Error(error);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Resource | null)
    .filter((resource) => resource !== null);
}

export function renderCase({ chart, file }: ChartCase): readonly Resource[] {
  return render(chart, file === undefined ? {} : { files: [file] });
}

/** What `helm lint` finds fault with. */
export function lint({ chart, file }: ChartCase): string {
  const flags = valueFlags(chart, file === undefined ? {} : { files: [file] });
  const { status, stdout, stderr } = spawnSync(
    helmPath,
    ['lint', '--strict', '--quiet', '--kube-version', KUBE_VERSION, join(CHARTS_FOLDER, chart), ...flags],
    { encoding: 'utf8' },
  );
  return status === 0 ? '' : stdout + stderr;
}

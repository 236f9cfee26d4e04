/** One line of an exposition. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a process answers at `/metrics`, by the name of the sample (`x_total`, `x_bucket`). */
export type Exposition = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? ([^\s#]+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads OpenMetrics text. Exemplars and comments are left out; so is what is not a number. */
export function parseExposition(text: string): Exposition {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const [, name, labelText = '', valueText] = LINE.exec(line) ?? [];
    const value = valueText === '+Inf' ? Infinity : Number(valueText);
    if (name === undefined || Number.isNaN(value)) continue;
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, key = '', quoted = '']) => [key, quoted]));
    const known = samples.get(name);
    if (known === undefined) samples.set(name, [{ labels, value }]);
    else known.push({ labels, value });
  }
  return samples;
}

/** Which samples are meant: those that have all of these labels. */
export interface Series {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export function samplesOf(exposition: Exposition, { name, labels = {} }: Series): readonly Sample[] {
  const wanted = Object.entries(labels);
  return (exposition.get(name) ?? []).filter((sample) => wanted.every(([key, text]) => sample.labels[key] === text));
}

/** Their sum; undefined when there is none. */
export function sumOf(exposition: Exposition, series: Series): number | undefined {
  const samples = samplesOf(exposition, series);
  return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0);
}

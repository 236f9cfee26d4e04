import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const REPOSITORY = resolve(import.meta.dirname, '..', '..', '..');

/** Where the chart and promtool both read the rules from. */
export const RULES_FOLDER = join(REPOSITORY, 'charts', 'observability', 'rules');
export const RUNBOOKS_FOLDER = join(REPOSITORY, 'docs', 'runbooks');
/** The cases of promtool, named like the rules that they are for. */
export const CASES_FOLDER = import.meta.dirname;
const METRICS_PAGE = join(REPOSITORY, 'docs', 'metrics.md');

/** One rule: an alert, or a recording of a metric. */
export interface Rule {
  /** Name of its file, without the ending. */
  readonly file: string;
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Omit<Rule, 'file'>[] }[];
}

/** One case of promtool's unit tests, as far as it is looked into. */
export interface AlertCase {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

/** Names of the files of a folder that end so, without the ending. */
export function namesIn(folder: string, ending: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).toSorted();
}

export function readRules(): readonly Rule[] {
  return namesIn(RULES_FOLDER, '.yaml').flatMap((file) => {
    const { groups } = parse(readFileSync(join(RULES_FOLDER, `${file}.yaml`), 'utf8')) as RuleFile;
    return groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, file })));
  });
}

/** The cases that are kept for an alert; those that last for days are in a file of their own, with a longer step. */
export function readCases(alert: string): readonly AlertCase[] {
  const files = namesIn(CASES_FOLDER, '.yaml').filter((name) => name === alert || name === `${alert}.days`);
  return files.flatMap((name) => {
    const text = readFileSync(join(CASES_FOLDER, `${name}.yaml`), 'utf8');
    return (parse(text) as { readonly tests: readonly AlertCase[] }).tests;
  });
}

/** Every metric of docs/metrics.md, with the series that histograms have. */
export function documentedSeries(): ReadonlySet<string> {
  const rows = readFileSync(METRICS_PAGE, 'utf8').matchAll(/^\| `([a-z0-9_]+)` +\| (counter|gauge|histogram) /gm);
  return new Set([...rows].flatMap(([, name = '', type]) => [name, ...(type === 'histogram' ? partsOf(name) : [])]));
}

function partsOf(histogram: string): readonly string[] {
  return ['_bucket', '_count', '_sum'].map((part) => histogram + part);
}

/** What may stand in an expression and is no series: matchers, windows, labels to group by, and texts. */
const NO_SERIES = /\{[^}]*\}|\[[^\]]*\]|\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|"[^"]*"/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring']);

/** The series that an expression of PromQL reads. */
export function seriesOf(expr: string): readonly string[] {
  const names = expr.replaceAll(NO_SERIES, ' ').matchAll(/(?<![\w.:])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g);
  return [...new Set([...names].map(([name]) => name))].filter((name) => !WORDS.has(name));
}

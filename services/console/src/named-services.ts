import { scalerReportsSchema, type ScalerReport } from '@orderflow/contracts/scaling-decision';
import { askJson } from './ask.ts';
import type { Part } from './part.ts';
import { JOBS, type FindSurroundings, type Job, type ProcessAddress, type Scaling } from './surroundings.ts';

/** Admin ports by names that each stand for every process of a service, such as a headless Service of Kubernetes. */
export interface ServiceNames {
  /** undefined: the service is not to run here. */
  readonly adminUrls: Readonly<Record<Job, string | undefined>>;
  readonly operatorUrl: string | undefined;
  /** Name of the LagScaler whose decision is shown, among several. */
  readonly lagScaler: string | undefined;
}

/** All addresses of a name; rejects, or has none, when there is nobody. */
export type ResolveName = (hostname: string) => Promise<readonly string[]>;

/** Asks for the addresses anew each time: pods come and go. */
export function createNameFinder(names: ServiceNames, resolve: ResolveName): FindSurroundings {
  const jobs = JOBS.filter((job) => names.adminUrls[job] !== undefined);
  return async () => {
    const [processes, scaling] = await Promise.all([
      Promise.all(jobs.map(async (job) => findProcesses(job, names.adminUrls[job] ?? '', resolve))),
      findScaling(names, resolve),
    ]);
    return { jobs, processes: processes.flat(), scaling };
  };
}

async function findProcesses(job: Job, url: string, resolve: ResolveName): Promise<ProcessAddress[]> {
  const urls = await expandUrl(url, resolve);
  return urls.map((adminUrl) => ({ job, name: new URL(adminUrl).hostname, adminUrl }));
}

/** The URL once for each address of its name, in an order that does not change. */
async function expandUrl(url: string, resolve: ResolveName): Promise<readonly string[]> {
  const { protocol, hostname, port } = new URL(url);
  const addresses = await resolve(hostname).catch(() => []); // nobody there is shown as down
  const hosts = addresses
    .toSorted((a, b) => a.localeCompare(b))
    .map((address) => (address.includes(':') ? `[${address}]` : address));
  return hosts.map((host) => `${protocol}//${host}${port === '' ? '' : `:${port}`}`);
}

async function findScaling({ operatorUrl, lagScaler }: ServiceNames, resolve: ResolveName): Promise<Part<Scaling>> {
  if (operatorUrl === undefined) return { state: 'absent' };
  const urls = await expandUrl(operatorUrl, resolve);
  const answers = await Promise.all(
    urls.map(async (url) => askJson(`${url}/decisions`, (body) => scalerReportsSchema.parse(body))),
  );
  const reports = answers.flatMap((answer) => (answer.state === 'up' ? [answer.value] : []));
  return reports.length === 0 ? { state: 'down' } : { state: 'up', value: chooseReport(reports.flat(), lagScaler) };
}

/** Only the leader reports; while that changes there may be two, of whom the newer is right. */
function chooseReport(reports: readonly ScalerReport[], lagScaler: string | undefined): Scaling {
  const meant = reports.filter(({ name }) => lagScaler === undefined || name === lagScaler);
  const [newest] = meant.toSorted((a, b) => (b.scaling?.at ?? '').localeCompare(a.scaling?.at ?? ''));
  return newest === undefined ? { scaling: null, changes: [] } : { scaling: newest.scaling, changes: newest.changes };
}

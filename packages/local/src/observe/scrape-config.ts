/** A process that answers `/metrics`. */
export interface ScrapedProcess {
  /** Its program: the name of the service. */
  readonly job: string;
  /** Which of its processes; in a cluster the pod. */
  readonly pod: string;
  readonly adminUrl: string;
}

/** What Prometheus reads from a file of targets (file_sd). */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a cluster has a namespace, this machine has this. */
export const LOCAL_NAMESPACE = 'local';

/** The targets with the labels that a PodMonitor would give them, so that the same dashboards fit. */
export function targetGroups(processes: readonly ScrapedProcess[]): TargetGroup[] {
  return processes.map(({ job, pod, adminUrl }) => ({
    targets: [new URL(adminUrl).host],
    labels: { job, pod, container: job, namespace: LOCAL_NAMESPACE },
  }));
}

export interface ScrapeSettings {
  readonly targetsFile: string;
  readonly intervalSeconds: number;
}

/** The configuration of Prometheus; JSON is YAML as well. */
export function prometheusConfig({ targetsFile, intervalSeconds }: ScrapeSettings): string {
  const interval = `${intervalSeconds}s`;
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    scrape_configs: [{ job_name: 'orderflow', file_sd_configs: [{ files: [targetsFile] }] }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

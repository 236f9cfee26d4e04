import type { Namespace } from './namespace.ts';

const LEASE = 'lagscaler-operator';
const ADMIN_PORT = 9090;

/** The pods of the operator, as they are seen from outside. */
export class OperatorPods {
  readonly #namespace: Namespace;
  readonly #selector: string;

  constructor(namespace: Namespace, selector: string) {
    this.#namespace = namespace;
    this.#selector = selector;
  }

  /** The pod that holds the lease. */
  async leader(): Promise<string | undefined> {
    const holder = (await this.#namespace.get('lease', LEASE)).spec['holderIdentity'];
    if (typeof holder !== 'string') return undefined;
    const pods = await this.#namespace.list('pods', this.#selector);
    return pods.map(({ metadata }) => metadata.name).find((name) => holder.startsWith(name));
  }

  /** The sum of a metric over all its labels, in one pod. */
  async metric(pod: string, name: string): Promise<number> {
    const path = `/api/v1/namespaces/${this.#namespace.name}/pods/${pod}:${ADMIN_PORT}/proxy/metrics`;
    const text = await this.#namespace.kubectl('get', '--raw', path);
    const line = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm');
    return [...text.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
  }
}

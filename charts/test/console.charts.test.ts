import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildDependencies, render, renderText, type Resource } from './helm.ts';
import { envOf, find, ofKind, podLabelsOf, podOf, selects } from './resources.ts';

beforeAll(buildDependencies);

interface Flow {
  readonly ports: readonly { readonly port: number | string }[];
  readonly from?: readonly { readonly podSelector: object }[];
  readonly to?: readonly { readonly podSelector: object }[];
}

/** The Deployments of which a selector takes the pods. */
function deploymentsOf(resources: readonly Resource[], matchLabels: object): readonly Resource[] {
  return ofKind(resources, 'Deployment').filter((deployment) => selects({ matchLabels }, podLabelsOf(deployment)));
}

function adminPortOf(deployment: Resource): unknown {
  return envOf(deployment)['ADMIN_PORT'];
}

const ADMIN_URLS = [
  ['API_GATEWAY_ADMIN_URL', 'api-gateway'],
  ['ORDER_SERVICE_ADMIN_URL', 'order-service'],
  ['EVENT_PROCESSOR_ADMIN_URL', 'event-processor'],
  ['OPERATOR_ADMIN_URL', 'operator'],
] as const;

describe.each(ADMIN_URLS)('%s', (key, chart) => {
  const rendering = { release: 'shop', set: ['order-service.publisher.mode=separate'] };

  test('is a name that has the address of every pod, ready or not, and of no Job', () => {
    const resources = render('platform', rendering);
    const { hostname, port } = new URL(envOf(find(resources, 'Deployment/shop-console'))[key] ?? '');
    const { spec } = find(resources, `Service/${hostname}`);
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    const deployments = deploymentsOf(resources, spec.selector);
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(
      chart === 'order-service' ? ['shop-order-service', 'shop-order-service-publisher'] : [`shop-${chart}`],
    );
    for (const deployment of deployments) expect(adminPortOf(deployment)).toBe(port);
    for (const job of ofKind(resources, 'Job'))
      expect(selects({ matchLabels: spec.selector }, podLabelsOf(job))).toBe(false);
  });

  test('may be asked by the console, and by nobody else of this release', () => {
    const resources = render('platform', rendering);
    const console_ = podLabelsOf(find(resources, 'Deployment/shop-console'));
    const port = Number(new URL(envOf(find(resources, 'Deployment/shop-console'))[key] ?? '').port);
    const out = (find(resources, 'NetworkPolicy/shop-console')['spec'].egress as Flow[]).filter((flow) =>
      flow.ports.some((it) => Number(it.port) === port),
    );
    for (const deployment of deploymentsOf(resources, { 'app.kubernetes.io/name': chart })) {
      const pods = podLabelsOf(deployment);
      expect(out.some(({ to = [] }) => to.some((peer) => selects(peer.podSelector, pods)))).toBe(true);
      const policy = find(resources, `NetworkPolicy/${deployment.metadata.name}`)['spec'].ingress as Flow[];
      const into = policy.filter(({ ports }) => ports.some((it) => it.port === 'admin'));
      expect(into).toHaveLength(1);
      expect(into[0]?.from).toHaveLength(1);
      expect(selects(into[0]?.from?.[0]?.podSelector ?? {}, console_)).toBe(true);
    }
  });
});

test('the console asks the gateway and the auditor of its release, and may', () => {
  const resources = render('platform', { release: 'shop' });
  const env = envOf(find(resources, 'Deployment/shop-console'));
  const egress = find(resources, 'NetworkPolicy/shop-console')['spec'].egress as Flow[];
  for (const [key, name] of [
    ['GATEWAY_URL', 'api-gateway'],
    ['AUDITOR_URL', 'auditor'],
  ] as const) {
    const { hostname, port } = new URL(env[key] ?? '');
    const service = find(resources, `Service/${hostname}`)['spec'];
    expect(service.ports[0].port).toBe(port === '' ? 80 : Number(port));
    const deployment = find(resources, `Deployment/shop-${name}`);
    const podPort = Number(envOf(deployment)['HTTP_PORT']);
    const flows = egress.filter(({ ports }) => ports.some((it) => Number(it.port) === podPort));
    const peers = flows.flatMap(({ to = [] }) => to);
    expect(peers.some((peer) => selects(peer.podSelector, podLabelsOf(deployment)))).toBe(true);
  }
  const ingress = find(resources, 'NetworkPolicy/shop-auditor')['spec'].ingress as Flow[];
  const callers = ingress.flatMap(({ from = [] }) => from);
  const labels = podLabelsOf(find(resources, 'Deployment/shop-console'));
  expect(callers.some((peer) => selects(peer.podSelector, labels))).toBe(true);
});

test('the console shows the decision about the LagScaler of its release', () => {
  const resources = render('platform', { release: 'shop' });
  const scaler = ofKind(resources, 'LagScaler')[0];
  expect(envOf(find(resources, 'Deployment/shop-console'))['LAG_SCALER']).toBe(scaler?.metadata.name);
});

test('what is not to run is neither asked for nor reachable', () => {
  const resources = render('console', { set: ['sources.auditor=', 'sources.operatorAdmin=', 'sources.lagScaler='] });
  const env = envOf(find(resources, 'Deployment/orderflow-console'));
  for (const key of ['AUDITOR_URL', 'OPERATOR_ADMIN_URL', 'LAG_SCALER']) expect(env).not.toHaveProperty(key);
  const policy = JSON.stringify(find(resources, 'NetworkPolicy/orderflow-console'));
  expect(policy).not.toMatch(/auditor|operator/);
});

test('nobody opens the page but by kubectl port-forward, until somebody is named', () => {
  const ingressWith = (...set: readonly string[]): unknown =>
    find(render('console', { set }), 'NetworkPolicy/orderflow-console')['spec'].ingress;
  expect(ingressWith()).toEqual([]);
  expect(ingressWith('networkPolicy.httpFrom[0].namespaceSelector.matchLabels.name=ingress')).toEqual([
    { ports: [{ port: 'http', protocol: 'TCP' }], from: [{ namespaceSelector: { matchLabels: { name: 'ingress' } } }] },
  ]);
});

test('the page is answered for by the names of its Service, and those that are added', () => {
  const hostsWith = (...set: readonly string[]): string | undefined =>
    envOf(find(render('console', { set }), 'Deployment/orderflow-console'))['CONSOLE_ALLOWED_HOSTS'];
  expect(hostsWith()).toBe('orderflow-console,orderflow-console.shop,orderflow-console.shop.svc');
  expect(hostsWith('allowedHosts[0]=shop.example.com')).toBe(`${hostsWith()},shop.example.com`);
  expect(hostsWith('allowedHosts[0]=*')).toBe('*');
  expect(renderText('console', { set: ['allowedHosts[0]=http://shop'] }).error).toContain("at '/allowedHosts/0'");
});

test('its key for the gateway and its password are files of Secrets', () => {
  const deployment = find(
    render('console', { files: ['ci/behind-ingress-values.yaml'] }),
    'Deployment/orderflow-console',
  );
  const env = envOf(deployment);
  const secretOf = (path = '') => {
    const mount = podOf(deployment)?.containers[0]?.volumeMounts?.find((it) => path.startsWith(`${it.mountPath}/`));
    const volume = podOf(deployment)?.volumes?.find(({ name }) => name === mount?.name);
    return volume?.['secret'] as { secretName: string; items: readonly { key: string; path: string }[] };
  };
  expect(secretOf(env['GATEWAY_API_KEY_FILE'])).toMatchObject({
    secretName: 'console-shop-key',
    items: [{ key: 'key', path: 'gateway-api-key' }],
  });
  expect(secretOf(env['CONSOLE_API_KEY_FILE'])).toMatchObject({
    secretName: 'console-password',
    items: [{ key: 'password', path: 'console-api-key' }],
  });
});

import { expect, test } from '@jest/globals';
import { prometheusConfig, targetGroups } from './scrape-config.ts';

test('each process is a target with the labels of a pod', () => {
  const processor = { job: 'event-processor', pod: 'event-processor-2', adminUrl: 'http://127.0.0.1:4711' };
  expect(targetGroups([processor])).toEqual([
    {
      targets: ['127.0.0.1:4711'],
      labels: { job: 'event-processor', pod: 'event-processor-2', container: 'event-processor', namespace: 'local' },
    },
  ]);
});

test('Prometheus finds its targets in the file', () => {
  const config: unknown = JSON.parse(prometheusConfig({ targetsFile: '/run/targets.json', intervalSeconds: 2 }));
  expect(config).toMatchObject({
    global: { scrape_interval: '2s' },
    scrape_configs: [{ file_sd_configs: [{ files: ['/run/targets.json'] }] }],
  });
});

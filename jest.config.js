const shared = {
  // Node runs TypeScript itself: nothing is transformed, and the tests are the ES modules that production runs.
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  testEnvironment: 'node',
  injectGlobals: false,
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/.local/'],
  modulePathIgnorePatterns: ['<rootDir>/.local/'],
};

/**
 * `unit` does no I/O; `int` gets one real PostgreSQL and one real Kafka broker for the whole run; `charts` runs helm;
 * `alerts` runs promtool; `dashboards` runs a
 * Prometheus beside the platform; `e2e` needs a cluster. `npm test` runs the first two.
 */
export default {
  reporters: ['default', '<rootDir>/test/count-reporter.ts'],
  // For `int`, whose tests wait for real servers; a unit test that takes this long is slow, not wrong.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.(int|charts|alerts|dashboards|e2e)\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'int',
      testMatch: ['**/*.int.test.ts'],
      globalSetup: '<rootDir>/test/global-setup.ts',
      globalTeardown: '<rootDir>/test/global-teardown.ts',
    },
    { ...shared, displayName: 'charts', testMatch: ['**/*.charts.test.ts'] },
    { ...shared, displayName: 'alerts', testMatch: ['**/*.alerts.test.ts'] },
    {
      ...shared,
      displayName: 'dashboards',
      testMatch: ['**/*.dashboards.test.ts', '**/observability/dashboards/*.test.ts'],
    },
    { ...shared, displayName: 'e2e', testMatch: ['**/*.e2e.test.ts'] },
  ],
};

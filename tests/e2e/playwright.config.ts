import { defineConfig } from '@playwright/test';

/** Two real browsers per test on two cores: generous enough for a busy machine, short enough to notice a hang. */
const TEST_TIMEOUT_MS = 90_000;
const EXPECT_TIMEOUT_MS = 15_000;

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.e2e.ts',
  globalSetup: './build-app.ts',
  outputDir: '../../test-results/e2e',
  timeout: TEST_TIMEOUT_MS,
  expect: { timeout: EXPECT_TIMEOUT_MS },
  // One after the other: the tests measure time and kill things, and the browsers share the cores.
  workers: 1,
  fullyParallel: false,
  // A test that fails now and then has found something.
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
});

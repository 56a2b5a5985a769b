/**
 * `npm test`: everything that proves Parley works, and one closing line that says how much of it did.
 *
 *   npm test                  all tests
 *   npm test unit             only those that run in Node (*.test.ts, by Vitest)
 *   npm test e2e              only those that run in real browsers (*.e2e.ts, by Playwright)
 *   npm test ratchet crash    only the files with one of these words in their path, of either kind
 *
 * A run in which nothing ran has failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/build.ts';
import { findChromium } from './support/chromium.ts';

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The parts that are read of Vitest's JSON report, which has the shape of Jest's. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** The parts that are read of Playwright's JSON report. */
interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; readonly skipped: number };
  readonly errors: readonly unknown[];
}

interface Kind {
  readonly name: string;
  readonly suffix: string;
  run(files: readonly string[]): Count;
}

const RESULTS = join(ROOT, 'test-results');
const NONE: Count = { passed: 0, failed: 0, skipped: 0 };

const KINDS: readonly Kind[] = [
  { name: 'unit', suffix: '.test.ts', run: runVitest },
  { name: 'e2e', suffix: '.e2e.ts', run: runPlaywright },
];

function runVitest(files: readonly string[]): Count {
  const output = join(RESULTS, 'unit.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...files];
  const failed = !runTool(join('vitest', 'vitest.mjs'), args);
  return withExit(failed, countVitest(readReport(output) as VitestReport | undefined));
}

function runPlaywright(files: readonly string[]): Count {
  process.env['PARLEY_CHROMIUM'] = findChromium();
  const output = join(RESULTS, 'e2e.json');
  process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] = output;
  const args = ['test', '--config', join('tests', 'e2e', 'playwright.config.ts'), '--reporter=list,json', ...files];
  const failed = !runTool(join('@playwright', 'test', 'cli.js'), args);
  return withExit(failed, countPlaywright(readReport(output) as PlaywrightReport | undefined));
}

/** True when it ended well. */
function runTool(script: string, args: readonly string[]): boolean {
  return spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function readReport(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function countVitest(report: VitestReport | undefined): Count {
  if (report === undefined) return NONE;
  const unreadable = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unreadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function countPlaywright(report: PlaywrightReport | undefined): Count {
  if (report === undefined) return NONE;
  const { stats, errors } = report;
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped };
}

/** What failed outside any test (an unhandled error, a tool that did not start) counts as one failure. */
function withExit(failed: boolean, count: Count): Count {
  return failed && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function filesOf(kind: Kind, words: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, 'tests'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(kind.suffix))
    .map((path) => join('tests', path).replaceAll('\\', '/'))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort();
}

function main(args: readonly string[]): void {
  const chosen = KINDS.filter(({ name }) => args.includes(name));
  const words = args.filter((arg) => !KINDS.some(({ name }) => name === arg));
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });

  let total = NONE;
  for (const kind of chosen.length > 0 ? chosen : KINDS) {
    const files = filesOf(kind, words);
    if (files.length === 0) continue;
    const { passed, failed, skipped } = attempt(kind, files);
    total = { passed: total.passed + passed, failed: total.failed + failed, skipped: total.skipped + skipped };
  }

  if (total.passed + total.failed === 0) console.error('No test ran.');
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** One kind that cannot even start must not hide the other's result. */
function attempt(kind: Kind, files: readonly string[]): Count {
  try {
    return kind.run(files);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { ...NONE, failed: 1 };
  }
}

main(process.argv.slice(2));

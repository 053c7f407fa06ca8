import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Scenario, scanScenario } from './scenario.ts';
import { type Failure, recordScenario, showFailures } from './scenario-run.ts';

/** `test/scenarios/` of the sources; this file runs from `dist/test/support/`. */
const FOLDER = fileURLToPath(new URL('../../../test/scenarios/', import.meta.url));

/** One file, not yet scanned, so that a broken one fails its own test only. */
export interface ScenarioFile {
  /** Its path, and the reason in its first line. */
  readonly title: string;
  scan(): Scenario;
}

/** All scenario files, by name. */
export function allScenarios(): readonly ScenarioFile[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.scenario'));
  return files.sort().map((file) => {
    const text = readFileSync(`${FOLDER}${file}`, 'utf8');
    const [reason = ''] = text.split('\n');
    return { title: `${file} ${reason}`, scan: () => scanScenario(`test/scenarios/${file}`, text) };
  });
}

/** Fails with the differences, if there are; with `WAYPOST_RECORD=1` writes what came into the file instead. */
export function expectNoFailures(scenario: Scenario, failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  if (process.env['WAYPOST_RECORD'] === '1') {
    const file = scenario.path.slice(scenario.path.lastIndexOf('/') + 1);
    writeFileSync(`${FOLDER}${file}`, recordScenario(scenario, failures));
    return;
  }
  expect.fail(`\n${showFailures(scenario, failures)}\n`);
}

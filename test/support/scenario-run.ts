// Asks what a scenario asks and compares. The server may be a function, or behind a socket.

import type { Edns } from '../../src/message/edns.ts';
import { splitWords } from './rr.ts';
import type { Happening, Scenario, Step } from './scenario.ts';
import { Expectation, SECTIONS, type Section, type SectionExpectation } from './scenario-expectation.ts';
import { Reply, showEdns } from './scenario-reply.ts';

/** Sends one message and returns what comes back; `undefined`: nothing. `from` is the client's address, if it matters. */
export type Ask = (
  octets: Uint8Array,
  overTcp: boolean,
  from: Uint8Array | undefined,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** A step whose answer was not the expected one. */
export interface Failure {
  readonly step: Step;
  /** What is wrong, a line each: `-` for what was expected and did not come, `+` for what came. */
  readonly difference: readonly string[];
  /** The expectation as it would have to be, without indentation. */
  readonly actual: readonly string[];
}

/**
 * Runs all steps in order; `transport` is for those that leave it open. Where nothing can be made to `happen`, it ends
 * before the first step that wants it, or whose client is at a place of its own.
 */
export async function runScenario(
  scenario: Scenario,
  ask: Ask,
  transport: 'udp' | 'tcp',
  happen?: (happening: Happening) => void,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const step of scenario.steps) {
    const isPlaced = scenario.networks !== undefined && step.from !== undefined;
    if (happen === undefined && (isPlaced || step.before.length > 0)) break;
    for (const happening of step.before) happen?.(happening);
    const used = step.transport === 'any' ? transport : step.transport;
    const reply = await ask(step.query, used === 'tcp', step.from);
    const actual = new Reply(step, reply);
    const difference = [...actual.faults(used), ...compare(step.expected, actual)];
    if (difference.length > 0) failures.push({ step, difference, actual: actual.record(step.expected) });
  }
  return failures;
}

/** One text for all failures of a scenario, for people. */
export function showFailures(scenario: Scenario, failures: readonly Failure[]): string {
  const texts = failures.map(({ step, difference }) =>
    [`${scenario.path}:${step.line}: ${step.title}`, ...difference.map((line) => `    ${line}`)].join('\n'),
  );
  return [scenario.reason, ...texts].join('\n');
}

/** The file's text with the expectations of failed steps replaced by what came. */
export function recordScenario(scenario: Scenario, failures: readonly Failure[]): string {
  const lines = [...scenario.lines];
  for (const { step, actual } of [...failures].reverse()) {
    lines.splice(step.line, step.lastLine - step.line, ...actual.map((line) => `  ${line}`));
  }
  return lines.join('\n');
}

// --- comparing ---

function compare(expected: readonly string[], reply: Reply): string[] {
  const wanted = new Expectation(expected);
  const difference = differ([wanted.summary], [reply.summary]);
  if (reply.summary === 'nothing' || reply.summary === 'rubbish') return difference;
  if (wanted.size !== undefined) difference.push(...differ([wanted.size], [reply.size]));
  difference.push(...compareEdns(wanted.ednsWords, reply.edns));
  difference.push(...compareOptions(wanted.options, reply.options));
  for (const section of SECTIONS) {
    difference.push(...compareSection(section, wanted.section(section), reply.records(section)));
  }
  return difference;
}

function compareSection(section: Section, wanted: SectionExpectation, came: readonly string[]): string[] {
  const label = (lines: readonly string[]) => lines.map((line) => `${section.padEnd(10)} ${line}`);
  const present = came.filter((line) => wanted.absent.some((start) => startsWithWords(line, start)));
  const unwanted = present.map((line) => `+ ${section.padEnd(10)} ${line}   (must not be there)`);
  if (wanted.mode === 'any') return unwanted;
  if (wanted.mode === 'has') {
    const missing = wanted.records.filter((line) => !came.includes(line));
    return [...label(missing).map((line) => `- ${line}`), ...unwanted];
  }
  const difference = differ(label(wanted.records), label(came));
  if (difference.length > 0 || wanted.mode === 'set') return [...difference, ...unwanted];
  if (wanted.records.every((line, i) => line === came[i])) return unwanted;
  return [`! ${section} in another order:`, ...label(came).map((line) => `+ ${line}`), ...unwanted];
}

function compareEdns(words: readonly string[] | undefined, edns: Edns | undefined): string[] {
  if (words === undefined) return [];
  if (edns === undefined) return ['- edns'];
  const came = showEdns(edns).split(' ');
  return words
    .filter((word) => !came.includes(word))
    .map((word) => `- edns ${word} (came: ${came.join(' ')})`);
}

/** An `ede` without text is met by one with any text. */
function compareOptions(wanted: readonly string[], came: readonly string[]): string[] {
  const canonical = came.map((line) => {
    const short = splitWords(line).texts.slice(0, 2).join(' ');
    return line.startsWith('ede ') && wanted.includes(short) ? short : line;
  });
  return differ(wanted, canonical);
}

/** Bags of lines: what is missing, and what is too much. */
function differ(wanted: readonly string[], came: readonly string[]): string[] {
  const left = [...came];
  const missing: string[] = [];
  for (const line of wanted) {
    const at = left.indexOf(line);
    if (at === -1) missing.push(line);
    else left.splice(at, 1);
  }
  return [...missing.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}

function startsWithWords(line: string, start: string): boolean {
  const words = start.split(/\s+/);
  return line.split(' ').slice(0, words.length).join(' ') === words.join(' ');
}

// Asks what a scenario asks and compares. The server may be a function, or behind a socket.

import { messageOf } from '../../src/base/errors.ts';
import { showAddress } from '../../src/base/ip.ts';
import { type Edns, type Option, parseClientSubnet, parseExtendedError } from '../../src/message/edns.ts';
import type { Message, MessageRecord } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showType } from '../../src/rdata/table.ts';
import { EdnsOption, showRcode } from '../../src/wire/iana.ts';
import { ROOT, showName } from '../../src/wire/name.ts';
import { scanRecord, showClass, showFoldedRecord, splitWords } from './rr.ts';
import type { Scenario, Step } from './scenario.ts';

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

/** Runs all steps in order; `transport` is for those that leave it open. */
export async function runScenario(
  scenario: Scenario,
  ask: Ask,
  transport: 'udp' | 'tcp',
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const step of scenario.steps) {
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

// --- what came ---

const SECTIONS = ['answer', 'authority', 'additional'] as const;
type Section = (typeof SECTIONS)[number];

/** A reply as the lines an expectation consists of. */
class Reply {
  readonly #step: Step;
  readonly #octets: Uint8Array | undefined;
  readonly #message: Message | undefined;
  readonly #broken: string | undefined;

  constructor(step: Step, octets: Uint8Array | undefined) {
    this.#step = step;
    this.#octets = octets;
    try {
      this.#message = octets === undefined ? undefined : parseMessage(octets);
    } catch (error) {
      this.#broken = messageOf(error);
    }
  }

  /** What is wrong with the reply whatever is expected. */
  faults(transport: 'udp' | 'tcp'): string[] {
    if (this.#broken !== undefined) return [`! the reply is not a message: ${this.#broken}`];
    const octets = this.#octets;
    const reply = this.#message;
    if (reply === undefined || octets === undefined) return [];
    const faults: string[] = [];
    const { query } = this.#step;
    if (!reply.flags.qr) faults.push('! the reply is no response: QR is clear');
    if (octets[0] !== query[0] || octets[1] !== query[1]) faults.push('! the reply has another ID');
    if (((octets[2] ?? 0) & 0x78) !== ((query[2] ?? 0) & 0x78)) faults.push('! the reply has another opcode');
    if (!this.#step.echo) return faults;
    const asked = parseMessage(query);
    if (showQuestions(asked) !== showQuestions(reply)) {
      faults.push(`! the question came back as ${showQuestions(reply) || 'nothing'}`);
    }
    const room = transport === 'tcp' ? 65_535 : Math.max(512, asked.edns?.udpPayloadSize ?? 0);
    if (octets.length > room) faults.push(`! ${octets.length} octets for a client that takes ${room}`);
    if ((asked.edns === undefined) !== (reply.edns === undefined)) {
      faults.push(
        asked.edns === undefined ? '! OPT in the reply, but not in the query' : '! no OPT in the reply',
      );
    }
    return faults;
  }

  /** The first line: RCODE and flags. */
  get summary(): string {
    const reply = this.#message;
    if (reply === undefined) return this.#broken === undefined ? 'nothing' : 'rubbish';
    const { aa, tc, rd, ra, ad, cd } = reply.flags;
    const flags = Object.entries({ aa, tc, rd, ra, ad, cd }).filter(([, set]) => set);
    return [showRcode(reply.rcode), ...flags.map(([flag]) => flag)].join(' ');
  }

  /** `size 512`. */
  get size(): string {
    return `size ${this.#octets?.length ?? 0}`;
  }

  get edns(): Edns | undefined {
    return this.#message?.edns;
  }

  /** One line per option, `ede 20 "text"`. */
  get options(): readonly string[] {
    return (this.edns?.options ?? []).map((option) => this.#showOption(option));
  }

  /** One line per record. */
  records(section: Section): readonly string[] {
    const reply = this.#message;
    if (reply === undefined) return [];
    const records: Record<Section, readonly MessageRecord[]> = {
      answer: reply.answers,
      authority: reply.authorities,
      additional: reply.additionals,
    };
    return records[section].map(showFoldedRecord);
  }

  /** The expectation that this reply would meet, in the manner of the one it did not. */
  record(expected: readonly string[]): readonly string[] {
    const lines = [this.summary];
    const wanted = new Expectation(expected);
    if (wanted.size !== undefined) lines.push(this.size);
    if (wanted.ednsWords !== undefined && this.edns !== undefined) lines.push(showEdns(this.edns));
    lines.push(...this.options);
    for (const section of SECTIONS) {
      const { mode, lines: kept } = wanted.section(section);
      if (mode === 'any' || mode === 'has') lines.push(...kept);
      else {
        if (mode === 'in order') lines.push(`${section} in order`);
        lines.push(...this.records(section).map((line) => `${section.padEnd(10)} ${line}`));
      }
    }
    return lines;
  }

  #showOption(option: Option): string {
    const { code, data } = option;
    if (code === EdnsOption.NSID) return `nsid "${Buffer.from(data).toString('latin1')}"`;
    if (code === EdnsOption.EXTENDED_ERROR) {
      const { infoCode, extraText } = parseExtendedError(data);
      return extraText === '' ? `ede ${infoCode}` : `ede ${infoCode} "${extraText}"`;
    }
    if (code === EdnsOption.CLIENT_SUBNET) {
      const { sourcePrefixLength, scopePrefixLength, address, family } = parseClientSubnet(data);
      const whole = new Uint8Array(family === 1 ? 4 : 16);
      whole.set(address);
      return `subnet ${showAddress(whole)}/${sourcePrefixLength}/${scopePrefixLength}`;
    }
    if (code === EdnsOption.COOKIE) {
      const sent = parseMessage(this.#step.query).edns?.options.find((other) => other.code === code)?.data;
      const kept = sent !== undefined && Buffer.compare(data.subarray(0, 8), sent.subarray(0, 8)) === 0;
      return data.length === 24 && kept ? 'cookie' : `cookie ${Buffer.from(data).toString('hex')}`;
    }
    return `option ${code}:${Buffer.from(data).toString('hex')}`;
  }
}

// --- what was expected ---

interface SectionExpectation {
  readonly mode: 'set' | 'in order' | 'has' | 'any';
  /** The lines as written. */
  readonly lines: readonly string[];
  readonly records: readonly string[];
  /** Beginnings of records that must not be there: `www.example.test. 60`, or an owner. */
  readonly absent: readonly string[];
}

/** An expectation's lines, sorted by what they are about. */
class Expectation {
  readonly summary: string;
  readonly size: string | undefined;
  /** What an `edns` line says. */
  readonly ednsWords: readonly string[] | undefined;
  readonly options: readonly string[];
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    const [first = '', ...rest] = lines;
    this.summary = first;
    this.#lines = rest;
    this.size = rest.find((line) => line.startsWith('size '));
    this.ednsWords = rest
      .find((line) => /^edns\b/.test(line))
      ?.split(/\s+/)
      .slice(1);
    this.options = rest.filter((line) => /^(nsid|ede|subnet|cookie|option)\b/.test(line));
    const known = /^(size|edns|nsid|ede|subnet|cookie|option|answer|authority|additional)\b/;
    const unknown = rest.find((line) => !known.test(line));
    if (unknown !== undefined) throw new Error(`no line of an expectation: '${unknown}'`);
  }

  section(section: Section): SectionExpectation {
    const lines = this.#lines.filter((line) => line.split(/\s+/)[0] === section);
    const texts = lines.map((line) => line.slice(section.length).trim());
    const mode = texts.includes('*')
      ? 'any'
      : texts.includes('has')
        ? 'has'
        : texts.includes('in order')
          ? 'in order'
          : 'set';
    const absent = texts.filter((text) => text.startsWith('not ')).map((text) => text.slice(4));
    const records = texts.filter(
      (text) => !['*', 'has', 'in order'].includes(text) && !text.startsWith('not '),
    );
    return { mode, lines, absent, records: records.map((text) => showFoldedRecord(scanRecord(text, ROOT))) };
  }
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

function showQuestions(message: Message): string {
  return message.questions
    .map(({ name, type, class: rrClass }) => `${showName(name)} ${showClass(rrClass)} ${showType(type)}`)
    .join(', ');
}

function showEdns(edns: Edns): string {
  const words = ['edns', `bufsize=${edns.udpPayloadSize}`, `version=${edns.version}`];
  return [...words, ...(edns.dnssecOk ? ['do'] : [])].join(' ');
}

// Scenario files: zones, questions and the answers that must come, as text. STYLE habit 23; test/scenarios/README.md.
import { scanAddress } from '../../src/base/ip.ts';
import { compileTables } from '../../src/geo/compile.ts';
import { COLUMNS } from '../../src/geo/networks-line.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { composeClientSubnet, composeNsid, type Option, subnetOf } from '../../src/message/edns.ts';
import { makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { scanType } from '../../src/rdata/table.ts';
import { EdnsOption, Opcode } from '../../src/wire/iana.ts';
import { type DomainName, ROOT, scanName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { name, rr, scanClass, splitWords } from './rr.ts';

/** One scenario file. */
export interface Scenario {
  readonly path: string;
  /** The first line: why this behaviour is right. */
  readonly reason: string;
  /** What `set KEY VALUE` lines say about the server. */
  readonly settings: ReadonlyMap<string, string>;
  /** Where clients are: tables of location data; `undefined`: nothing is known of any. */
  readonly networks: SharedArrayBuffer | undefined;
  readonly zones: readonly ScenarioZone[];
  readonly steps: readonly Step[];
  /** The file's lines, for recording. */
  readonly lines: readonly string[];
}

/** A zone to serve. */
export interface ScenarioZone {
  readonly apex: DomainName;
  readonly records: readonly RR[];
}

/** One question and what must come back. Line numbers begin at 1. */
export interface Step {
  /** The `ask` or `send` line as written. */
  readonly title: string;
  readonly line: number;
  /** Lines of the expectation: from the one after `line` to this one. */
  readonly lastLine: number;
  readonly query: Uint8Array;
  /** The header and the question must be echoed: `ask`, but not `send`. */
  readonly echo: boolean;
  readonly transport: 'udp' | 'tcp' | 'any';
  /** The client's address; `undefined`: any. */
  readonly from: Uint8Array | undefined;
  /** The expectation's lines without indentation, ranges expanded. */
  readonly expected: readonly string[];
  /** What happens between the question before and this one. */
  readonly before: readonly Happening[];
}

/** Time that passes, or a change of a zone: `wait SECONDS`, `change APEX` with lines that begin with `-` or `+`. */
export type Happening =
  | { readonly kind: 'wait'; readonly seconds: number }
  | {
      readonly kind: 'change';
      readonly apex: DomainName;
      readonly removed: readonly RR[];
      readonly added: readonly RR[];
    };

/** Text that is not a scenario: `path:line: what is wrong`. */
export class ScenarioError extends Error {}

/** Reads one scenario file. Throws {@link ScenarioError} at the first wrong line. */
export function scanScenario(path: string, text: string): Scenario {
  const lines = text.split('\n');
  const reason = /^# (.+)$/.exec(lines[0] ?? '')?.[1];
  if (reason === undefined) throw new ScenarioError(`${path}:1: the first line is a comment with the reason`);
  const settings = new Map<string, string>();
  let networks: SharedArrayBuffer | undefined;
  const zones: ScenarioZone[] = [];
  const steps: Step[] = [];
  let before: Happening[] = [];
  const step = (scanned: Step): void => {
    steps.push({ ...scanned, before });
    before = [];
  };
  for (const block of blocksOf(lines)) {
    try {
      const { texts } = splitWords(block.head);
      const [keyword = '', subject = '', value = ''] = texts;
      if (keyword === 'set') settings.set(subject, value);
      else if (keyword === 'networks') networks = scanNetworks(block.body);
      else if (keyword === 'zone') zones.push(scanZone(subject, block.body));
      else if (keyword === 'ask') step(scanAsk(block, texts.slice(1)));
      else if (keyword === 'send') step(scanSend(block, texts.slice(1)));
      else if (keyword === 'wait') before.push({ kind: 'wait', seconds: Number(subject) });
      else if (keyword === 'change') before.push(scanChange(subject, block.body));
      else throw new Error(`one of ${KEYWORDS.join(' ')} expected, found '${keyword}'`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new ScenarioError(`${path}:${block.line}: ${error.message}`, { cause: error });
    }
  }
  return { path, reason, settings, networks, zones, steps, lines };
}

const KEYWORDS = ['set', 'networks', 'zone', 'ask', 'send', 'wait', 'change'] as const;

// --- blocks and ranges ---

interface Block {
  readonly head: string;
  readonly body: readonly string[];
  readonly line: number;
  readonly lastLine: number;
}

/** Lines that begin in the first column, each with the indented lines after it; comments left out. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: (Block & { body: string[]; lastLine: number })[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const last = blocks.at(-1);
    if (!/^\s/.test(line)) blocks.push({ head: expandRepeats(line), body: [], line: i + 1, lastLine: i + 1 });
    else if (last !== undefined) {
      last.body.push(...expandRange(expandRepeats(line.trim())));
      last.lastLine = i + 1;
    }
  }
  return blocks;
}

/** `{x*3}` is `xxx`. */
function expandRepeats(line: string): string {
  return line.replaceAll(/\{([^{}*]+)\*(\d+)\}/g, (_, text: string, count: string) =>
    text.repeat(Number(count)),
  );
}

/** `{1..3}` makes three lines, `1`, `2` and `3` in the place of every range of the line. */
function expandRange(line: string): string[] {
  const range = /\{(\d+)\.\.(\d+)\}/.exec(line);
  if (range === null) return [line];
  const [first, last] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: last - first + 1 }, (_, i) => line.replaceAll(range[0], `${first + i}`));
}

// --- networks and zones ---

/** Each line has the columns of networks.csv in their order; those at its end may be left out. */
function scanNetworks(body: readonly string[]): SharedArrayBuffer {
  const text = [COLUMNS.join(','), ...body].join('\n');
  return compileTables([{ name: 'networks', octets: Buffer.from(text) }], 'scenario');
}

function scanZone(apex: string, body: readonly string[]): ScenarioZone {
  return { apex: name(apex), records: body.map((line) => rr(line, apex)) };
}

function scanChange(apex: string, body: readonly string[]): Happening {
  const records = (sign: string): RR[] =>
    body.filter((line) => line.startsWith(`${sign} `)).map((line) => rr(line.slice(2).trim(), apex));
  const [removed, added] = [records('-'), records('+')];
  if (removed.length + added.length < body.length) throw new Error("'- RECORD' or '+ RECORD' expected");
  return { kind: 'change', apex: name(apex), removed, added };
}

// --- questions ---

/** Every query has this ID; the reply must have it too. */
const ID = 0x1234;

/** What `ask NAME TYPE` is followed by. */
interface Asked {
  transport: Step['transport'];
  from: Uint8Array | undefined;
  rrClass: number;
  opcode: number;
  rd: boolean;
  ad: boolean;
  cd: boolean;
  edns: boolean;
  udpPayloadSize: number;
  version: number;
  dnssecOk: boolean;
  options: Option[];
}

function scanAsk(block: Block, words: readonly string[]): Step {
  const [nameText = '', typeText = '', ...rest] = words;
  const type = scanType(typeText);
  if (type === undefined) throw new Error(`not a type: '${typeText}'`);
  const asked: Asked = {
    transport: 'any',
    from: undefined,
    rrClass: 1,
    opcode: 0,
    rd: false,
    ad: false,
    cd: false,
    edns: false,
    udpPayloadSize: 1232,
    version: 0,
    dnssecOk: false,
    options: [],
  };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const next = rest[i + 1] ?? '';
    if (word === 'from') asked.from = addressOf(next);
    else if (word === 'class') asked.rrClass = scanClass(next);
    else if (!scanModifier(asked, word)) throw new Error(`unknown word '${word}' after the question`);
    if (word === 'from' || word === 'class') i++;
  }
  const { rd, ad, cd, udpPayloadSize, version, dnssecOk, options } = asked;
  const question = { name: scanName(nameText, ROOT), type, class: asked.rrClass };
  const query = makeQuery(ID, question, {
    opcode: asked.opcode,
    flags: { ...NO_FLAGS, rd, ad, cd },
    edns: asked.edns ? { udpPayloadSize, version, dnssecOk, options } : undefined,
  });
  return stepOf(block, composeMessage(query), true, asked.transport, asked.from);
}

/** Takes `edns`, `bufsize=512` and the like; returns whether `word` is one of them. */
function scanModifier(asked: Asked, word: string): boolean {
  const [key = '', value = ''] = word.split('=');
  switch (key) {
    case 'udp':
    case 'tcp':
      asked.transport = key;
      return true;
    case 'rd':
    case 'ad':
    case 'cd':
      asked[key] = true;
      return true;
    case 'opcode':
      asked.opcode = Object.entries(Opcode).find(([mnemonic]) => mnemonic === value)?.[1] ?? Number(value);
      return true;
    case 'edns':
      break;
    case 'bufsize':
      asked.udpPayloadSize = Number(value);
      break;
    case 'version':
      asked.version = Number(value);
      break;
    case 'do':
      asked.dnssecOk = true;
      break;
    case 'nsid':
      asked.options.push(composeNsid());
      break;
    case 'cookie':
      asked.options.push({ code: EdnsOption.COOKIE, data: hex(value || '0102030405060708') });
      break;
    case 'subnet': {
      const [address = '', bits = ''] = value.split('/');
      asked.options.push(composeClientSubnet(subnetOf(addressOf(address), Number(bits))));
      break;
    }
    case 'option': {
      const [code = '', data = ''] = value.split(':');
      asked.options.push({ code: Number(code), data: hex(data) });
      break;
    }
    default:
      return false;
  }
  asked.edns = true;
  return true;
}

/** `send [udp|tcp] HEX… name:NAME …`: octets as they are, names spelled out. */
function scanSend(block: Block, words: readonly string[]): Step {
  let transport: Step['transport'] = 'any';
  const parts: Uint8Array[] = [];
  for (const word of words) {
    if (word === 'udp' || word === 'tcp') transport = word;
    else if (word.startsWith('name:')) parts.push(scanName(word.slice(5), ROOT));
    else parts.push(hex(word));
  }
  return stepOf(block, new Uint8Array(Buffer.concat(parts)), false, transport, undefined);
}

function stepOf(
  block: Block,
  query: Uint8Array,
  echo: boolean,
  transport: Step['transport'],
  from: Uint8Array | undefined,
): Step {
  const expected = block.body;
  // What is truncated is so over UDP only.
  const truncated = / tc\b/.test(expected[0] ?? '');
  return {
    title: block.head,
    line: block.line,
    lastLine: block.lastLine,
    query,
    echo,
    transport: truncated && transport === 'any' ? 'udp' : transport,
    from,
    expected,
    before: [],
  };
}

function addressOf(text: string): Uint8Array {
  const address = scanAddress(text);
  if (address === undefined) throw new Error(`not an address: '${text}'`);
  return address;
}

function hex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error(`not hexadecimal octets: '${text}'`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

// What came back, as the lines an expectation consists of.
import { messageOf } from '../../src/base/errors.ts';
import { showAddress } from '../../src/base/ip.ts';
import { type Edns, type Option, parseClientSubnet, parseExtendedError } from '../../src/message/edns.ts';
import type { Message, MessageRecord } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showType } from '../../src/rdata/table.ts';
import { EdnsOption, showRcode } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { showClass, showFoldedRecord } from './rr.ts';
import type { Step } from './scenario.ts';
import { Expectation, SECTIONS, type Section } from './scenario-expectation.ts';

/** A reply as the lines an expectation consists of. */
export class Reply {
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

/** An `edns` line. */
export function showEdns(edns: Edns): string {
  const words = ['edns', `bufsize=${edns.udpPayloadSize}`, `version=${edns.version}`];
  return [...words, ...(edns.dnssecOk ? ['do'] : [])].join(' ');
}

function showQuestions(message: Message): string {
  return message.questions
    .map(({ name, type, class: rrClass }) => `${showName(name)} ${showClass(rrClass)} ${showType(type)}`)
    .join(', ');
}

import { NodeWord, RRsetWord } from '../../image/layout.ts';
import type { ImageReader } from '../../image/lookup.ts';
import type { NameKey } from '../../image/name-key.ts';
import { type DomainName, equalNames, foldName, parseName } from '../../wire/name.ts';
import { WireReader } from '../../wire/reader.ts';
import type { AnswerTrace, SteeredChoice, WalkStep } from '../trace.ts';
import type { LookupEnd } from './explanation.ts';

/** One name looked up, as it was told. */
export interface RecordedLookup {
  readonly name: DomainName;
  end: LookupEnd;
  readonly apex: DomainName | undefined;
  /** What is answered from. */
  readonly owner: DomainName | undefined;
  /** What was answered there, if anything was. */
  rrset: RecordedRRset | undefined;
}

/** An RRset that was answered. */
export type RecordedRRset =
  | {
      readonly kind: 'plain';
      readonly type: number;
      readonly records: number;
      readonly first: number;
      /** What the counter stands at; `undefined`: it does not rotate. */
      readonly counter: number | undefined;
    }
  | { readonly kind: 'steered'; readonly type: number; readonly choice: SteeredChoice };

/** Writes down what an answer tells of itself. It is told from within the reading of one image. */
export class AnswerRecorder implements AnswerTrace {
  lookups: RecordedLookup[] = [];
  readonly #image: ImageReader;
  #node = 0;

  constructor(image: ImageReader) {
    this.#image = image;
  }

  begin(): void {
    this.lookups = [];
  }

  walked(step: WalkStep, key: NameKey, node: number): void {
    const last = this.lookups.at(-1);
    if (step === 'withheld' && last !== undefined) {
      last.end = step;
      return;
    }
    const image = this.#image;
    const name = nameAt(key.folded.slice(0, key.length), 0);
    const apexNode = node === 0 ? 0 : image.apexNode(image.zoneOf(node));
    const apex = apexNode === 0 ? undefined : this.#nameOf(apexNode);
    const owner = node === 0 ? undefined : this.#nameOf(node);
    const isOther = step === 'found' && owner !== undefined && !equalNames(owner, name);
    this.#node = node;
    this.lookups.push({ name, end: isOther ? 'wildcard' : step, apex, owner, rrset: undefined });
  }

  plain(rrset: number, first: number): void {
    const { words, counters } = this.#image;
    const records = (words[rrset + RRsetWord.COUNT] ?? 0) & 0xffff;
    const number = words[rrset + RRsetWord.COUNTER] ?? 0;
    const counter = number === 0 ? undefined : (counters[number] ?? 0) & 0x7fff_ffff;
    this.#note({ kind: 'plain', type: this.#typeOf(rrset), records, first, counter });
  }

  steered(rrset: number, choice: SteeredChoice): void {
    this.#note({ kind: 'steered', type: this.#typeOf(rrset), choice });
  }

  scope(): void {} // the reply says it

  #note(rrset: RecordedRRset): void {
    const last = this.lookups.at(-1);
    if (last !== undefined) last.rrset = rrset;
  }

  /** The type of an RRset of the node that was found last. */
  #typeOf(rrset: number): number {
    const image = this.#image;
    const directory = image.directory(this.#node);
    const end = directory + 2 * image.rrsetCount(this.#node);
    for (let entry = directory; entry < end; entry += 2) {
      if (this.#node + (image.words[entry + 1] ?? 0) === rrset) return image.words[entry] ?? 0;
    }
    return 0;
  }

  #nameOf(node: number): DomainName {
    return nameAt(this.#image.octets, (node + NodeWord.NAME) * 4);
  }
}

/** A copy of the name at `octets[at]`. */
function nameAt(octets: Uint8Array, at: number): DomainName {
  return foldName(parseName(new WireReader(octets, at)));
}

// What a server says of itself in class CH: version.bind, version.server, hostname.bind, id.server (RFC 4892).
import type { NameKey } from '../image/name-key.ts';
import { RRClass, RRType } from '../wire/iana.ts';
import { scanName, type WireName } from '../wire/name.ts';
import { copy } from './octets.ts';
import type { Response } from './response.ts';

/** What is shown; an empty text is not shown at all. */
export interface ChaosTexts {
  /** For `version.bind` and `version.server`. */
  readonly version: string;
  /** For `hostname.bind` and `id.server`. */
  readonly hostname: string;
}

interface ChaosName {
  readonly name: WireName;
  /** The record from TYPE on: TYPE, CLASS, TTL 0, RDLENGTH, one character-string. */
  readonly record: Uint8Array;
}

/** The CH names of this server, prepared. */
export class ChaosNames {
  readonly #names: readonly ChaosName[];

  constructor(texts: ChaosTexts) {
    const shown: ChaosName[] = [];
    for (const [text, names] of [
      [texts.version, ['version.bind.', 'version.server.']],
      [texts.hostname, ['hostname.bind.', 'id.server.']],
    ] as const) {
      if (text === '') continue;
      for (const name of names) shown.push({ name: scanName(name, undefined), record: prepare(text) });
    }
    this.#names = shown;
  }

  /** Answers for QNAME `key`; returns whether it is a name that is shown. */
  answer(key: NameKey, qtype: number, response: Response): boolean {
    for (let i = 0; i < this.#names.length; i++) {
      const entry = this.#names[i];
      if (entry === undefined || !isName(key, entry.name)) continue;
      if (qtype !== RRType.TXT && qtype !== RRType.ANY) return true; // NODATA; class CH has no SOA here
      const at = response.start + response.length;
      if (response.length + 2 + entry.record.length > response.limit) return true;
      response.octets[at] = 0xc0;
      response.octets[at + 1] = 12;
      copy(entry.record, 0, response.octets, at + 2, entry.record.length);
      response.length += 2 + entry.record.length;
      response.answers++;
      return true;
    }
    return false;
  }
}

function isName(key: NameKey, name: Uint8Array): boolean {
  if (key.length !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (key.folded[i] !== name[i]) return false;
  return true;
}

function prepare(text: string): Uint8Array {
  const octets = new TextEncoder().encode(text).subarray(0, 255);
  const length = octets.length + 1;
  const head = [0, RRType.TXT, 0, RRClass.CH, 0, 0, 0, 0, length >>> 8, length & 0xff];
  return Uint8Array.from([...head, octets.length, ...octets]);
}

import type { WireName } from '../wire/name.ts';
import type { WireReader } from '../wire/reader.ts';
import type { Words } from './words.ts';

/**
 * How one RR type is read and written. RDATA is a value in *uncompressed wire form*; names in it keep their
 * case. Wire verb: parse (composing is copying). Text verbs: scan, show.
 */
export interface RdataDescriptor {
  readonly type: number;
  readonly mnemonic: string;
  /**
   * What the fields are, in order. The last field may be open-ended.
   * Everything else (parse, scan, show, canonical form, where the names are) follows from the fields.
   */
  readonly fields: readonly RdataField[];
  /** RFC 3597 §4: only the types of RFC 1035 may have the names in their RDATA compressed. */
  readonly compressible: boolean;
  /** RFC 4034 §6.2, RFC 6840 §5.1: whether names in RDATA are folded in canonical form. */
  readonly folds: boolean;
}

/** One field of an RDATA. Stateless. */
export interface RdataField {
  /** `name` for domain names (of which canonical form and compression must know), otherwise free. */
  readonly kind: string;
  /**
   * Reads the field at the cursor of a reader that ends where the RDATA ends; returns its octets uncompressed,
   * as a view of the message where that is possible. Throws {@link MalformedMessageError}.
   */
  parse(reader: WireReader): Uint8Array;
  /** Takes the field's words. Throws {@link PresentationError}; `words.at` is then at the wrong word. */
  scan(words: Words, origin: WireName): Uint8Array;
  /**
   * The field's words as text, empty when it has none. The cursor stands at the field of a checked, uncompressed
   * RDATA. `undefined`: these octets have no presentation format but RFC 3597's.
   */
  show(reader: WireReader): string | undefined;
}

import { RRType } from '../wire/iana.ts';

const TYPES: ReadonlyMap<string, number> = new Map(Object.entries(RRType));
const MNEMONICS: ReadonlyMap<number, string> = new Map(
  Object.entries(RRType).map(([text, type]) => [type, text]),
);

/** The number of a type written as mnemonic or `TYPE123` (RFC 3597 §5), in any case; or `undefined`. */
export function typeNumber(text: string): number | undefined {
  const known = TYPES.get(text) ?? TYPES.get(text.toUpperCase());
  if (known !== undefined) return known;
  if (!/^TYPE[0-9]{1,5}$/i.test(text)) return undefined;
  const type = Number(text.slice(4));
  return type <= 0xffff ? type : undefined;
}

/** The mnemonic of a type, or `TYPE123` where IANA's has none that we know. */
export function typeText(type: number): string {
  return MNEMONICS.get(type) ?? `TYPE${type}`;
}

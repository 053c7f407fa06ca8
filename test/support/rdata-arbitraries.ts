import fc from 'fast-check';

type Octets = fc.Arbitrary<Uint8Array>;

/** Octets of any value. */
export function octets(minLength: number, maxLength = minLength): Octets {
  return fc.uint8Array({ minLength, maxLength });
}

/** One array of all these. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A name in wire form of at most 255 octets. */
export function wireName(): Octets {
  const octet = fc.oneof(fc.nat(255), fc.constantFrom(...[...'aZ.\\ "@;*-'].map((c) => c.charCodeAt(0))));
  const label = fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 9 }) },
    { weight: 9, arbitrary: fc.array(octet, { minLength: 1, maxLength: 9 }).map((c) => Uint8Array.from(c)) },
    { weight: 1, arbitrary: octets(63) },
  );
  return fc.array(label, { maxLength: 6 }).map((labels) => {
    const parts: Uint8Array[] = [];
    let length = 1;
    for (const one of labels) {
      length += 1 + one.length;
      if (length <= 255) parts.push(Uint8Array.of(one.length), one);
    }
    return joined([...parts, Uint8Array.of(0)]);
  });
}

/** RDATA that is right for a type, uncompressed. */
export function validRdata(mnemonic: string): Octets {
  const arbitrary = RDATA[mnemonic];
  if (arbitrary === undefined)
    throw new Error(`no arbitrary RDATA for ${mnemonic}: add it to rdata-arbitraries.ts`);
  return arbitrary;
}

// --- helpers ---

const seq = (...parts: readonly Octets[]): Octets => fc.tuple(...parts).map(joined);
const counted = (value: Octets): Octets => value.map((all) => joined([Uint8Array.of(all.length), all]));
const exactly = (...values: number[]): Octets => fc.constant(Uint8Array.from(values));

const u8 = octets(1);
const u16 = octets(2);
const u32 = octets(4);
const rest = octets(1, 70);
const name = wireName();
const charString = counted(fc.oneof(octets(0, 8), octets(255)));
const charStrings = fc.array(charString, { minLength: 1, maxLength: 4 }).map(joined);
const text = fc.oneof(octets(1, 30), octets(300));
const digestOf = (sizes: Readonly<Record<number, number>>): Octets =>
  fc.oneof(
    ...Object.entries(sizes).map(([kind, size]) => seq(exactly(Number(kind)), octets(size))),
    seq(exactly(77), octets(12, 60)),
  );

/** Windows of a type bitmap by their numbers, in order; each ends in an octet that is not zero. */
const bitmap = (minLength: number): Octets =>
  fc
    .uniqueArray(fc.nat(255), { minLength, maxLength: 3 })
    .chain((windows) =>
      fc.tuple(
        ...windows
          .sort((a, b) => a - b)
          .map((window) =>
            fc
              .tuple(octets(0, 31), fc.integer({ min: 1, max: 255 }))
              .map(([bits, last]) => Uint8Array.of(window, bits.length + 1, ...bits, last)),
          ),
      ),
    )
    .map(joined);

const big32 = (min: number, max: number): Octets =>
  fc.integer({ min, max }).map((value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
const size = fc.tuple(fc.nat(9), fc.nat(9)).map(([digit, power]) => Uint8Array.of((digit << 4) | power));
const location = fc.oneof(
  seq(
    exactly(0),
    ...[size, size, size],
    big32(2 ** 31 - 324_000_000, 2 ** 31 + 324_000_000),
    big32(2 ** 31 - 648_000_000, 2 ** 31 + 648_000_000),
    u32,
  ),
  seq(exactly(1), octets(0, 20)),
);

const svcParam = (key: number, value: Octets): fc.Arbitrary<{ key: number; value: Uint8Array }> =>
  value.map((all) => ({ key, value: all }));
const alpn = fc
  .array(
    counted(
      fc.oneof(
        octets(1, 6),
        fc.constantFrom('h2', 'a,b', 'a\\b').map((s) => Buffer.from(s)),
      ),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map(joined);
const many = (length: number): Octets => fc.array(octets(length), { minLength: 1, maxLength: 3 }).map(joined);
const path = fc
  .constantFrom('/{?dns}', '/dns-query{?dns}', '/a b"\\{?x,dns}', '/é/{dns}')
  .map((s) => Uint8Array.from(Buffer.from(s)));
/** In order, with some of the keys mandatory and alpn wherever no-default-alpn is. */
const svcParams: Octets = fc
  .tuple(
    fc.tuple(
      svcParam(1, alpn),
      fc.option(svcParam(2, exactly()), { nil: undefined }),
      ...[
        svcParam(3, u16),
        svcParam(4, many(4)),
        svcParam(5, rest),
        svcParam(6, many(16)),
        svcParam(7, path),
      ].map((one) => fc.option(one, { nil: undefined })),
      fc.option(svcParam(8, exactly()), { nil: undefined }),
      fc.option(
        fc.integer({ min: 9, max: 65_535 }).chain((key) => svcParam(key, octets(0, 12))),
        { nil: undefined },
      ),
    ),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([all, isEmpty, isMandatory]) => {
    if (isEmpty) return new Uint8Array(0);
    const params = all.filter((one) => one !== undefined);
    const keys = joined(params.map(({ key }) => Uint8Array.of(key >> 8, key)));
    const whole = isMandatory ? [{ key: 0, value: keys }, ...params] : params;
    return joined(
      whole.flatMap(({ key, value }) => [
        Uint8Array.of(key >> 8, key, value.length >> 8, value.length),
        value,
      ]),
    );
  });

const tag = counted(fc.stringMatching(/^[0-9A-Za-z]{1,20}$/).map((s) => Uint8Array.from(Buffer.from(s))));
const signature = seq(u16, u8, u8, u32, u32, u32, u16, name, rest);
const delegation = seq(u16, u8, digestOf({ 1: 20, 2: 32, 3: 32, 4: 48 }));
const key = seq(u16, u8, u8, rest);
const tls = seq(u8, u8, u8, rest);
const hash = seq(u8, u8, u16, counted(octets(0, 20)));

const RDATA: Readonly<Record<string, Octets>> = {
  ...{ A: u32, AAAA: octets(16), LOC: location, TYPE65280: octets(0, 40) },
  ...{ NS: name, MD: name, MF: name, CNAME: name, MB: name, MG: name, MR: name, PTR: name, DNAME: name },
  ...{ SOA: seq(name, name, u32, u32, u32, u32, u32), MINFO: seq(name, name), RP: seq(name, name) },
  ...{ MX: seq(u16, name), AFSDB: seq(u16, name), RT: seq(u16, name), KX: seq(u16, name) },
  ...{ PX: seq(u16, name, name), NXT: seq(name, octets(0, 16)), SRV: seq(u16, u16, u16, name) },
  ...{ NAPTR: seq(u16, u16, charString, charString, charString, name), HINFO: seq(charString, charString) },
  ...{
    TXT: charStrings,
    SPF: charStrings,
    URI: seq(u16, u16, text),
    CAA: seq(u8, tag, fc.oneof(text, exactly())),
  },
  ...{ SIG: signature, RRSIG: signature, DS: delegation, CDS: delegation, DNSKEY: key, CDNSKEY: key },
  ...{ KEY: seq(u16, u8, u8, octets(0, 20)), CERT: seq(u16, u16, u8, rest), TLSA: tls, SMIMEA: tls },
  ...{ SSHFP: seq(u8, digestOf({ 1: 20, 2: 32 })), ZONEMD: seq(u32, u8, digestOf({ 1: 48, 2: 64 })) },
  ...{ NSEC: seq(name, bitmap(1)), CSYNC: seq(u32, u16, bitmap(0)), NSEC3PARAM: hash },
  ...{ NSEC3: seq(hash, counted(octets(1, 40)), bitmap(0)), DHCID: rest, OPENPGPKEY: rest },
  ...{ SVCB: seq(u16, name, svcParams), HTTPS: seq(u16, name, svcParams) },
};

// One row per RR type: everything the program knows about a type's RDATA. Nothing else asks which type it is.
import { RRType } from '../wire/iana.ts';
import { IPV4, IPV6 } from './addresses.ts';
import { TYPE_BITMAP, TYPE_BITMAP_NOT_EMPTY } from './bitmap.ts';
import type { RdataDescriptor, RdataField } from './descriptor.ts';
import { LOCATION } from './location.ts';
import { COMPRESSED_NAME, NAME } from './names.ts';
import { mnemonic16, period, RR_TYPE, SECURITY_ALGORITHMS, u8, u16, u32 } from './numbers.ts';
import { digest, HASHED_OWNER, OPAQUE, restBase64, restHex, SALT } from './octets.ts';
import { CHAR_STRINGS, charString, restText, TAG } from './strings.ts';
import { SVC_PARAMS } from './svcb.ts';
import { signatureTime } from './times.ts';

/** IANA "Delegation Signer (DS) Digest Algorithms"; RFC 3658, RFC 4509, RFC 5933, RFC 6605. Octets. */
const DS_DIGESTS = new Map([
  [1, 20],
  [2, 32],
  [3, 32],
  [4, 48],
]);
/** RFC 4255 §3.1.2, RFC 6594 §3: fingerprint types. Octets. */
const FINGERPRINTS = new Map([
  [1, 20],
  [2, 32],
]);
/** RFC 8976 §2.2.3: hash algorithms. Octets. */
const ZONE_DIGESTS = new Map([
  [1, 48],
  [2, 64],
]);

/** IANA "Certificate types" (RFC 4398 §2.1). */
const CERTIFICATE_TYPES = new Map([
  ['PKIX', 1],
  ['SPKI', 2],
  ['PGP', 3],
  ['IPKIX', 4],
  ['ISPKI', 5],
  ['IPGP', 6],
  ['ACPKIX', 7],
  ['IACPKIX', 8],
  ['URI', 253],
  ['OID', 254],
]);

const ALGORITHM = u8('algorithm', SECURITY_ALGORITHMS);
const DELEGATION_SIGNER = [u16('key tag'), ALGORITHM, digest('digest', 'digest type', DS_DIGESTS)];
const KEY = [u16('flags'), u8('protocol'), ALGORITHM, restBase64('public key')];
const TLS_CERTIFICATE = [
  u8('certificate usage'),
  u8('selector'),
  u8('matching type'),
  restHex('certificate data'),
];
const SERVICE_BINDING = [u16('priority'), NAME, SVC_PARAMS];
const SIGNATURE_HEAD = [
  RR_TYPE,
  ALGORITHM,
  u8('labels'),
  u32('original TTL'),
  signatureTime('signature expiration'),
  signatureTime('signature inception'),
  u16('key tag'),
];
const HASH = [u8('hash algorithm'), u8('flags'), u16('iterations'), SALT];

/** Every type whose RDATA is more to us than octets. */
export const RDATA_ROWS: readonly RdataDescriptor[] = [
  // --- RFC 1035: names may be compressed, canonical form folds them ---
  row('A', [IPV4]),
  old('NS', [COMPRESSED_NAME]),
  old('MD', [COMPRESSED_NAME]),
  old('MF', [COMPRESSED_NAME]),
  old('CNAME', [COMPRESSED_NAME]),
  old('SOA', [
    COMPRESSED_NAME,
    COMPRESSED_NAME,
    u32('serial'),
    period('refresh'),
    period('retry'),
    period('expire'),
    period('minimum'),
  ]),
  old('MB', [COMPRESSED_NAME]),
  old('MG', [COMPRESSED_NAME]),
  old('MR', [COMPRESSED_NAME]),
  old('PTR', [COMPRESSED_NAME]),
  row('HINFO', [charString('CPU'), charString('operating system')]),
  old('MINFO', [COMPRESSED_NAME, COMPRESSED_NAME]),
  old('MX', [u16('preference'), COMPRESSED_NAME]),
  row('TXT', [CHAR_STRINGS]),

  // --- RFC 3597 §4: never sent compressed, decompressed when received; canonical form folds ---
  folding('RP', [COMPRESSED_NAME, COMPRESSED_NAME]),
  folding('AFSDB', [u16('subtype'), COMPRESSED_NAME]),
  folding('RT', [u16('preference'), COMPRESSED_NAME]),
  folding('SIG', [...SIGNATURE_HEAD, COMPRESSED_NAME, restBase64('signature')]),
  folding('PX', [u16('preference'), COMPRESSED_NAME, COMPRESSED_NAME]),
  folding('NXT', [COMPRESSED_NAME, OPAQUE]),
  folding('SRV', [u16('priority'), u16('weight'), u16('port'), COMPRESSED_NAME]),
  folding('NAPTR', [
    u16('order'),
    u16('preference'),
    charString('flags'),
    charString('services'),
    charString('regular expression'),
    COMPRESSED_NAME,
  ]),

  // --- RFC 4034 §6.2: canonical form folds; RRSIG by RFC 6840 §5.1, by which NSEC does not ---
  folding('KX', [u16('preference'), NAME]),
  folding('DNAME', [NAME]),
  folding('RRSIG', [...SIGNATURE_HEAD, NAME, restBase64('signature')]),

  // --- newer: names are neither compressed nor folded ---
  row('KEY', [u16('flags'), u8('protocol'), ALGORITHM, restBase64('public key', 0)]),
  row('AAAA', [IPV6]),
  row('LOC', [LOCATION]),
  row('CERT', [
    mnemonic16('certificate type', CERTIFICATE_TYPES),
    u16('key tag'),
    ALGORITHM,
    restBase64('certificate'),
  ]),
  row('DS', DELEGATION_SIGNER),
  row('SSHFP', [u8('algorithm'), digest('fingerprint', 'fingerprint type', FINGERPRINTS)]),
  row('NSEC', [NAME, TYPE_BITMAP_NOT_EMPTY]),
  row('DNSKEY', KEY),
  row('DHCID', [restBase64('identity')]),
  row('NSEC3', [...HASH, HASHED_OWNER, TYPE_BITMAP]),
  row('NSEC3PARAM', HASH),
  row('TLSA', TLS_CERTIFICATE),
  row('SMIMEA', TLS_CERTIFICATE),
  row('CDS', DELEGATION_SIGNER),
  row('CDNSKEY', KEY),
  row('OPENPGPKEY', [restBase64('public key')]),
  row('CSYNC', [u32('serial'), u16('flags'), TYPE_BITMAP]),
  row('ZONEMD', [u32('serial'), u8('scheme'), digest('digest', 'hash algorithm', ZONE_DIGESTS, 12)]),
  row('SVCB', SERVICE_BINDING),
  row('HTTPS', SERVICE_BINDING),
  row('SPF', [CHAR_STRINGS]),
  row('URI', [u16('priority'), u16('weight'), restText('target', 1)]),
  row('CAA', [u8('flags'), TAG, restText('property value', 0)]),
];

// --- helpers ---

function row(mnemonic: keyof typeof RRType, fields: readonly RdataField[]): RdataDescriptor {
  return { type: RRType[mnemonic], mnemonic, fields, compressible: false, folds: false };
}

function folding(mnemonic: keyof typeof RRType, fields: readonly RdataField[]): RdataDescriptor {
  return { ...row(mnemonic, fields), folds: true };
}

function old(mnemonic: keyof typeof RRType, fields: readonly RdataField[]): RdataDescriptor {
  return { ...folding(mnemonic, fields), compressible: true };
}

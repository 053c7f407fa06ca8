import { expect } from 'chai';
import { scanRdata, scanType } from '../../src/rdata/table.ts';
import { PresentationError } from '../../src/wire/errors.ts';
import { ROOT } from '../../src/wire/name.ts';
import { rdataOf, wordsOf } from '../support/rdata.ts';

/** `TYPE data… => what the message says`. BIND 9.18 refuses all of them too, but for the four marked with `!`. */
const REFUSED = String.raw`
A 192.0.2 => IPv4 address expected, found '192.0.2'
A 192.0.2.256 => IPv4 address expected, found '192.0.2.256'
A 192.0.02.1 => IPv4 address expected, found '192.0.02.1'
A 192.0.2.1 x => end of record expected, found 'x'
A => IPv4 address expected, but the record ends here
A \# 3 0A0000 => not RDATA of type A: 4 more octets expected, 3 left at octet 0
A \# 5 0A00000000 => not RDATA of type A: 1 octets too many in A RDATA at octet 4
A \# 4 0A0000 => RDATA of 4 octets announced, 3 given
A \# 65536 00 => RDATA length (0 to 65535) expected, found '65536'
AAAA 1::2::3 => IPv6 address expected, found '1::2::3'
AAAA 192.0.2.1 => IPv6 address expected, found '192.0.2.1'
NS a..example. => not a domain name: 'a..example.' (empty label)
MX 65536 a. => preference (0 to 65535) expected, found '65536'
MX -1 a. => preference (0 to 65535) expected, found '-1'
MX 10 => domain name expected, but the record ends here
MX \# 4 000AC000 => compressed name in RDATA of type MX
MX \# 4 000AC002 => not RDATA of type MX: compression pointer does not point backwards at octet 2
SOA a. b. 1 2 3 4 5y => minimum in seconds, or as 1w2d3h4m5s, expected, found '5y'
SOA a. b. 1 2 3 4 => minimum expected, but the record ends here
TXT => text string expected, but the record ends here
TXT a\256 => '\256' is not \DDD with DDD up to 255 in 'a\256'
HINFO a => operating system expected, but the record ends here
NSEC a. => RR type expected, but the record ends here
NSEC a. BOGUS => RR type expected, found 'BOGUS'
NSEC a. TYPE65536 => RR type expected, found 'TYPE65536'
DNSKEY 256 3 8 => public key expected, but the record ends here
DNSKEY 256 3 8 A => public key in base64 expected, found 'A'
DNSKEY 256 3 8 AB== => public key in base64 expected, found 'AB=='
DNSKEY 256 3 RSA AA== => algorithm (0 to 255) expected, found 'RSA'
DS 1 8 2 AABB => digest of 2 octets, 32 expected for digest type 2
DS 1 8 9 => digest of 0 octets, at least 1 expected for digest type 9
DS 1 8 2 AAB => digest in hexadecimal expected, found 'AAB'
SSHFP 1 1 AABB => fingerprint of 2 octets, 20 expected for fingerprint type 1
ZONEMD 1 1 1 AABB => digest of 2 octets, 48 expected for hash algorithm 1
ZONEMD 1 1 240 AABB => digest of 2 octets, at least 12 expected for hash algorithm 240
RRSIG A 8 3 300 20230229000000 20200101000000 1 example. AAAA => signature expiration as YYYYMMDDHHmmSS from 1970 to 2106 expected, found '20230229000000'
RRSIG A 8 3 300 20200101000000 20231301000000 1 example. AAAA => signature inception as YYYYMMDDHHmmSS from 1970 to 2106 expected, found '20231301000000'
!RRSIG A 8 3 300 21060207062816 20200101000000 1 example. AAAA => signature expiration as YYYYMMDDHHmmSS from 1970 to 2106 expected
CAA 0 is-sue x => property tag (letters and digits) expected, found 'is-sue'
CAA 256 issue x => flags (0 to 255) expected, found '256'
CAA 0 issue => property value expected, but the record ends here
URI 1 1 a b => end of record expected, found 'b'
!URI 1 1 "" => target is empty
LOC 90 0 0.001 N 0 E 0 => latitude is beyond 90 degrees
LOC 42 21 60 N 0 E 0 => seconds (0 to 59.999), N or S expected, found '60'
LOC 42 N 71 0 => E or W expected, but the record ends here
LOC 42 21 54.0001 N 71 W 0 => seconds (0 to 59.999), N or S expected, found '54.0001'
LOC 42 N 71 W 42849672.96m => altitude in metres (-100000 to 42849672.95) expected, found '42849672.96m'
LOC 42 N 71 W 0 90000001m => size in metres (0 to 90000000) expected, found '90000001m'
NSEC3PARAM 1 0 1 ABC => salt in hexadecimal, or '-', expected, found 'ABC'
NSEC3 1 0 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOW => hashed owner name in base32hex expected
SVCB 1 . alpn => service parameter alpn: protocols of 1 to 255 octets separated by commas expected, found ''
SVCB 1 . alpn=, => service parameter alpn: protocols of 1 to 255 octets separated by commas expected, found ','
SVCB 1 . port=80 port=81 => service parameter port is given twice
SVCB 1 . port=65536 => service parameter port: a number (0 to 65535) expected, found '65536'
SVCB 1 . key1=h2 => service parameter alpn: protocol runs past its end
!SVCB 1 . ech= => service parameter ech: empty
SVCB 1 . ipv4hint= => service parameter ipv4hint: IPv4 addresses separated by commas expected, found ''
SVCB 1 . ipv4hint=192.0.2.1, => service parameter ipv4hint: IPv4 addresses separated by commas expected
SVCB 1 . mandatory=mandatory => service parameter mandatory: lists itself
SVCB 1 . mandatory=port => service parameter port is mandatory, but not there
SVCB 1 . mandatory=port,port port=1 => service parameter mandatory: keys twice or out of order
SVCB 1 . key0007=x => no service parameter has the name 'key0007' (keyNNNNN stands for any)
SVCB 1 . key65536=x => no service parameter has the name 'key65536' (keyNNNNN stands for any)
SVCB 1 . dohpath=/x => service parameter dohpath: not a path with the variable {?dns}
SVCB 1 . dohpath=x{?dns} => service parameter dohpath: not a path with the variable {?dns}
SVCB 1 . no-default-alpn => service parameter no-default-alpn without alpn
SVCB 1 . no-default-alpn=x alpn=h2 => service parameter no-default-alpn: has a value, but takes none
!SVCB 1 . ohttp=x => service parameter ohttp: has a value, but takes none
TYPE65280 192.0.2.1 => type TYPE65280 needs its data in the generic form '\# length hex'
TYPE65280 \# 2 0A0 => RDATA in hexadecimal expected, found '0A0'
`;

describe('rdata: what cannot be read', () => {
  for (const [, line = '', words = ''] of REFUSED.matchAll(/^!?(\S.*?) => (.*)$/gm)) {
    it(line, () => {
      expect(() => rdataOf(line)).to.throw(PresentationError, words);
    });
  }

  it('says which word was wrong', () => {
    for (const [line, place] of [
      ['MX 10 a..b.', 1],
      ['DS 1 8 2 x', 3],
      ['DS 1 8 2 AA BB', 3],
      ['SVCB 1 . alpn=h2 foo=1', 3],
      ['SVCB 1 . port=1 mandatory=alpn', 2],
      ['TXT a \\999', 1],
      ['A 192.0.2.1 x', 1],
      ['A \\# 4 0A00', 2],
      ['MX 10', 1],
    ] as const) {
      const words = wordsOf(line.slice(line.indexOf(' ')));
      const type = scanType(line.split(' ')[0] ?? '') ?? 0;
      expect(() => scanRdata(type, words, ROOT), line).to.throw(PresentationError);
      expect(words.at, line).to.equal(place);
    }
  });

  it('refuses text strings over 255 octets', () => {
    expect(() => rdataOf(`TXT ${'a'.repeat(256)}`)).to.throw('text string of 256 octets; 255 is the most');
    expect(rdataOf(`TXT ${'a'.repeat(254)}\\200`).rdata.length).to.equal(256);
  });

  it('refuses RDATA over 65535 octets', () => {
    const text = `"${'a'.repeat(255)}" `;
    expect(rdataOf(`TXT ${text.repeat(255)} "${'a'.repeat(254)}"`).rdata.length).to.equal(65_535);
    expect(() => rdataOf(`TXT ${text.repeat(256)}`)).to.throw('RDATA of 65536 octets; 65535 is the most');
  });

  it('refuses characters that are not octets', () => {
    expect(() => rdataOf('TXT 中')).to.throw("character '中' is not an octet");
    expect(() => rdataOf('NS 中.example.')).to.throw("character '中' is not an octet");
  });
});

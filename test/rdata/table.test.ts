import { expect } from 'chai';
import { RDATA_ROWS } from '../../src/rdata/rows.ts';
import {
  canonicalRdata,
  isCompressible,
  namesInRdata,
  parseRdata,
  scanRdata,
  scanType,
  showRdata,
  showType,
} from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { RRType } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';
import { hexOf, octetsOf, rdataOf } from '../support/rdata.ts';

const mnemonicsWhere = (is: (type: number) => boolean) =>
  RDATA_ROWS.filter(({ type }) => is(type)).map(({ mnemonic }) => mnemonic);

describe('rdata/table', () => {
  it('has every type the zone files may use in its own form', () => {
    const wanted =
      'A AAAA NS CNAME DNAME SOA PTR MX TXT SPF SRV CAA NAPTR HINFO LOC RP AFSDB SSHFP TLSA SMIMEA OPENPGPKEY URI SVCB ' +
      'HTTPS DS CDS DNSKEY CDNSKEY RRSIG NSEC NSEC3 NSEC3PARAM ZONEMD CERT DHCID KX';
    expect(RDATA_ROWS.map(({ mnemonic }) => mnemonic)).to.include.members(wanted.split(' '));
    expect(new Set(RDATA_ROWS.map(({ type }) => type)).size).to.equal(RDATA_ROWS.length);
  });

  it('RFC 3597 §5: types have mnemonics or are TYPEn, in any case', () => {
    expect(['aaaa', 'Https', 'TYPE1', 'type65280', 'NSAP-PTR', 'axfr'].map(scanType)).to.deep.equal([
      28, 65, 1, 65280, 23, 252,
    ]);
    for (const text of ['', 'TYPE', 'TYPE65536', 'TYPE-1', 'TYPE1x', 'BOGUS', 'toString', '28'])
      expect(scanType(text), text).to.equal(undefined);
    expect([28, 257, 65280, 0].map(showType)).to.deep.equal(['AAAA', 'CAA', 'TYPE65280', 'TYPE0']);
  });

  it('completes relative names and keeps their case', () => {
    const origin = scanName('Example.', undefined);
    expect(hexOf(scanRdata(RRType.MX, new Words(['10', 'Mail']), origin))).to.equal(
      '000A044D61696C074578616D706C6500',
    );
    expect(showRdata(RRType.NS, scanRdata(RRType.NS, new Words(['@']), origin))).to.equal('Example.');
  });

  it('RFC 3597 §5: takes the generic form for every type, but not in quotes', () => {
    const generic = (type: number, ...texts: string[]) =>
      scanRdata(type, new Words(texts), scanName('.', undefined));
    expect(hexOf(generic(RRType.A, '\\#', '4', 'c000', '0201'))).to.equal('C0000201');
    expect(hexOf(generic(65280, '\\#', '0'))).to.equal('');
    expect(showRdata(65280, new Uint8Array(0))).to.equal('\\# 0');
    const text = scanRdata(RRType.TXT, new Words(['\\#', '0'], [true, false]), scanName('.', undefined));
    expect(showRdata(RRType.TXT, text)).to.equal('"#" "0"');
  });

  it('RFC 3597 §4: only the types of RFC 1035 are sent with compressed names', () => {
    expect(mnemonicsWhere(isCompressible)).to.have.members(
      'NS MD MF CNAME SOA MB MG MR PTR MINFO MX'.split(' '),
    );
    expect(isCompressible(65280)).to.equal(false);
  });

  it('RFC 3597 §4: decompresses the well-known types and RP AFSDB RT SIG PX NXT NAPTR SRV, no others', () => {
    // what a type's RDATA is with its last name, `www.example.`, as a pointer to the message's start
    const name = '0377777707657861 6D706C6500';
    const heads = {
      ...{ NS: '', CNAME: '', PTR: '', MX: '000A', MINFO: '00', RP: '00', AFSDB: '0001', RT: '0001' },
      ...{ PX: '000100', SRV: '000100020003', NAPTR: '00010002000000' },
    };
    for (const [mnemonic, head] of Object.entries(heads)) {
      const reader = new WireReader(octetsOf(`${name}${head}C000FF`), 13);
      const length = head.length / 2 + 2;
      expect(hexOf(parseRdata(scanType(mnemonic) ?? 0, reader, length)), mnemonic).to.equal(
        hexOf(octetsOf(head + name)),
      );
      expect(reader.remaining).to.equal(1);
    }
    for (const [mnemonic, head] of Object.entries({ DNAME: '', KX: '0001', SVCB: '0001', NSEC: '' })) {
      const octets = octetsOf(`${name}${head}C000`);
      expect(
        () => parseRdata(scanType(mnemonic) ?? 0, new WireReader(octets, 13), octets.length - 13),
        mnemonic,
      ).to.throw(MalformedMessageError, 'compressed name where RFC 3597 allows none at octet');
    }
  });

  it('parses into a copy, of a Buffer too', () => {
    for (const message of [octetsOf('C0000201'), Buffer.from('C0000201', 'hex')]) {
      const rdata = [RRType.A, 65280].map((type) => parseRdata(type, new WireReader(message), 4));
      message[0] = 1;
      expect(rdata.map(hexOf)).to.deep.equal(['C0000201', 'C0000201']);
      expect(rdata.every((octets) => octets.constructor === Uint8Array)).to.equal(true);
    }
  });

  it('folds into a copy, of a Buffer too', () => {
    const rdata = Buffer.from('014100', 'hex');
    expect(hexOf(canonicalRdata(RRType.NS, rdata))).to.equal('016100');
    expect(hexOf(rdata)).to.equal('014100');
  });

  it('RFC 4034 §6.2, RFC 6840 §5.1: canonical form folds the older types and RRSIG, not NSEC, not SVCB', () => {
    const canonical = (line: string) => {
      const { type, rdata } = rdataOf(line);
      return showRdata(type, canonicalRdata(type, rdata));
    };
    expect(canonical('MX 10 Mail.EXAMPLE.')).to.equal('10 mail.example.');
    expect(canonical('SOA Ns.Example. Host.Example. 1 2 3 4 5')).to.equal(
      'ns.example. host.example. 1 2 3 4 5',
    );
    expect(canonical('NAPTR 1 2 "S" "A" "!B!C!" D.')).to.equal('1 2 "S" "A" "!B!C!" d.');
    expect(canonical('RRSIG A 8 1 1 20200101000000 20200101000000 1 Example. AAAA')).to.contain(' example. ');
    expect(canonical('NSEC Host.Example. A')).to.equal('Host.Example. A');
    expect(canonical('SVCB 1 Host.Example.')).to.equal('1 Host.Example.');
    expect(
      mnemonicsWhere((type) => RDATA_ROWS.find((row) => row.type === type)?.folds === true),
    ).to.have.members(
      'NS MD MF CNAME SOA MB MG MR PTR MINFO MX RP AFSDB RT SIG PX NXT NAPTR KX SRV DNAME RRSIG'.split(' '),
    );
  });

  it('returns the same octets when nothing folds', () => {
    for (const line of ['MX 10 mail.example.', 'TXT "ABC"', 'A 192.0.2.1', 'TYPE65280 \\# 1 41']) {
      const { type, rdata } = rdataOf(line);
      expect(canonicalRdata(type, rdata), line).to.equal(rdata);
    }
  });

  it('knows where names begin', () => {
    const names = (line: string) => {
      const { type, rdata } = rdataOf(line);
      return namesInRdata(type, rdata);
    };
    expect(names('NS a.')).to.deep.equal([0]);
    expect(names('SOA a. bc. 1 2 3 4 5')).to.deep.equal([0, 3]);
    expect(names('SRV 1 2 3 a.')).to.deep.equal([6]);
    expect(names('NAPTR 1 2 "S" "AB" "" d.')).to.deep.equal([10]);
    expect(names('A 192.0.2.1')).to.deep.equal([]);
  });

  describe('octets that are not RDATA', () => {
    for (const [mnemonic, hex, words] of [
      ['A', 'C00002', '4 more octets expected, 3 left'],
      ['A', 'C000020100', '1 octets too many in A RDATA at octet 4'],
      ['TXT', '', 'no text string'],
      ['TXT', '0241', '2 more octets expected, 1 left'],
      ['MX', '000A', 'name runs past its end'],
      ['HINFO', '0141', '1 more octets expected, 0 left'],
      ['CAA', '0000', 'property tag is not letters and digits'],
      ['URI', '00010001', 'empty target'],
      ['NSEC', '00', 'empty type bitmap'],
      ['NSEC', '00000140010140', undefined],
      ['NSEC', '00010140000140', 'type bitmap windows out of order'],
      ['NSEC', '000000', 'type bitmap window of 0 octets'],
      ['NSEC', '0000024000', 'type bitmap window ends in a zero octet'],
      ['NSEC3', '0100000000 00', 'empty hashed owner name'],
      ['DS', '00010801AA', 'digest of 1 octets, 20 expected for digest type 1'],
      ['DNSKEY', '01000308', 'public key of 0 octets, at least 1 expected'],
      ['LOC', '00A3161389172DD070BE15F000988D20', 'LOC size'],
      ['LOC', '00331613FFFFFFFF70BE15F000988D20', 'LOC latitude beyond 90 degrees'],
      ['SVCB', '0001000003000200500001000302 6832', 'service parameters out of order'],
      ['SVCB', '00010000030001 50', 'service parameter port: 1 octets, 2 expected'],
      ['SVCB', '000100 0000000400010001 0001000302 6832', 'keys twice or out of order'],
      ['SVCB', '00010000040003C00002', 'service parameter ipv4hint: 3 octets, not IPv4 addresses'],
      ['SVCB', '0001000001000100', 'service parameter alpn: empty protocol'],
    ] as const) {
      it(`${mnemonic} ${hex}`, () => {
        const octets = octetsOf(hex);
        const parse = () => parseRdata(scanType(mnemonic) ?? 0, new WireReader(octets), octets.length);
        if (words === undefined) expect(hexOf(parse())).to.equal(hex);
        else expect(parse).to.throw(MalformedMessageError, words);
      });
    }
  });

  it('shows LOC that RFC 1876 has no text for in the generic form', () => {
    expect(showRdata(RRType.LOC, octetsOf('0105'))).to.equal('\\# 2 0105');
    expect(showRdata(RRType.LOC, octetsOf('0005161389172DD070BE15F000988D20'))).to.match(/^\\# 16 0005/);
  });
});

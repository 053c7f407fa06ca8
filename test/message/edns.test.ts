import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import {
  composeClientSubnet,
  composeCookie,
  composeExtendedError,
  parseClientSubnet,
  parseCookie,
  parseExtendedError,
  parseOptions,
  subnetOf,
} from '../../src/message/edns.ts';
import { UnwritableMessageError } from '../../src/message/errors.ts';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { WireReader } from '../../src/wire/reader.ts';

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

function subnet(address: string, prefixLength: number) {
  return subnetOf(scanAddress(address) ?? expect.fail(address), prefixLength);
}

describe('message/edns', () => {
  it('RFC 6891 §6.1.2: options are read to the last octet or not at all', () => {
    expect(parseOptions(new WireReader(hex('')))).to.deep.equal([]);
    expect(parseOptions(new WireReader(hex('0003 0000 fde9 0002 abcd')))).to.deep.equal([
      { code: 3, data: hex('') },
      { code: 65001, data: hex('abcd') },
    ]);
    for (const broken of ['00', '0003 00', '0003 0001', '0003 0000 00']) {
      expect(() => parseOptions(new WireReader(hex(broken))), broken).to.throw(MalformedMessageError);
    }
  });

  it('RFC 7871 §6: a client subnet is read and written', () => {
    const examples = {
      '0001 1800 c00002': { ...subnet('192.0.2.0', 24) },
      '0001 1914 c0000280': { ...subnet('192.0.2.128', 25), scopePrefixLength: 20 },
      '0002 3800 20010db8000012': { ...subnet('2001:db8:0:1234::', 56) },
      '0001 0000': { ...subnet('192.0.2.1', 0) },
      '0001 2000 c0000201': { ...subnet('192.0.2.1', 32) },
      '0000 0000': { family: 0, sourcePrefixLength: 0, scopePrefixLength: 0, address: hex('') },
    };
    for (const [text, value] of Object.entries(examples)) {
      expect(parseClientSubnet(hex(text)), text).to.deep.equal(value);
      expect(composeClientSubnet(value), text).to.deep.equal({ code: 8, data: hex(text) });
    }
  });

  it('RFC 7871 §7.1.2: a client subnet that contradicts itself is malformed', () => {
    const broken = {
      'no family': '00',
      'no lengths': '0001',
      'unknown family': '0003 0000',
      'family 0 with a prefix': '0000 0800 c0',
      'source over 32': '0001 2100 c000020100',
      'source over 128': '0002 8100 20010db800000000000000000000000000',
      'scope over 32': '0001 1821 c00002',
      'too few octets': '0001 1800 c000',
      'too many octets': '0001 1800 c0000200',
      'bits after the prefix': '0001 1700 c00003',
      'octets after prefix 0': '0001 0000 00',
    };
    for (const [why, text] of Object.entries(broken)) {
      expect(() => parseClientSubnet(hex(text)), why).to.throw(MalformedMessageError);
    }
    expect(() => composeClientSubnet({ ...subnet('192.0.2.0', 24), scopePrefixLength: 33 })).to.throw(
      UnwritableMessageError,
    );
  });

  it('RFC 7873 §4: cookies have 8, or 16 to 40 octets', () => {
    for (let length = 0; length < 50; length++) {
      const data = new Uint8Array(length).fill(7);
      if (length === 8 || (length >= 16 && length <= 40)) {
        expect(composeCookie(parseCookie(data)).data, `${length} octets`).to.deep.equal(data);
      } else {
        expect(() => parseCookie(data), `${length} octets`).to.throw(MalformedMessageError);
      }
    }
  });

  it('RFC 8914 §2: an extended error has a code and may have a text', () => {
    const error = { infoCode: 18, extraText: 'key “mon” may not edit' };
    expect(parseExtendedError(composeExtendedError(error).data)).to.deep.equal(error);
    expect(parseExtendedError(hex('0014'))).to.deep.equal({ infoCode: 20, extraText: '' });
    expect(parseExtendedError(hex('0014 6e6f 00')).extraText).to.equal('no');
    expect(parseExtendedError(hex('0014 ff')).extraText).to.equal('\ufffd');
    expect(() => parseExtendedError(hex('00'))).to.throw(MalformedMessageError);
  });
});

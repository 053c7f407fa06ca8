import { expect } from 'chai';
import { scanAddress, scanIPv4, scanIPv6, showAddress, showIPv4, showIPv6 } from '../../src/base/ip.ts';
import { hexOf, octetsOf } from '../support/rdata.ts';

const hex6 = (text: string) => {
  const octets = scanIPv6(text);
  return octets === undefined ? undefined : hexOf(octets);
};

describe('base/ip', () => {
  it('reads dotted quads', () => {
    for (const text of ['0.0.0.0', '192.0.2.1', '255.255.255.255', '10.20.30.249'])
      expect(showIPv4(scanIPv4(text) ?? octetsOf('')), text).to.equal(text);
  });

  it('takes nothing else for an IPv4 address', () => {
    const others =
      '|.|1|1.2|1.2.3|1.2.3.|.1.2.3|1.2.3.4.|1.2.3.4.5|1..3.4|256.0.0.1|1.2.3.256|1.2.3.1000|01.2.3.4|1.2.3.04|00.0.0.0|0x1.2.3.4|' +
      '1.2.3.4 | 1.2.3.4|+1.2.3.4|1.2.3.-4|1.2.3.4/32|1,2,3,4|١.2.3.4|::1|2130706433|1e1.2.3.4';
    for (const text of others.split('|')) expect(scanIPv4(text), `'${text}'`).to.equal(undefined);
  });

  it('RFC 4291 §2.2: reads every form of IPv6 addresses', () => {
    expect(hex6('2001:db8:0:0:1:0:0:1')).to.equal('20010DB8000000000001000000000001');
    expect(hex6('2001:DB8::1')).to.equal('20010DB8000000000000000000000001');
    expect(hex6('::')).to.equal('0'.repeat(32));
    expect(hex6('::1')).to.equal(`${'0'.repeat(31)}1`);
    expect(hex6('1::')).to.equal(`0001${'0'.repeat(28)}`);
    expect(hex6('::ffff:192.0.2.1')).to.equal('00000000000000000000FFFFC0000201');
    expect(hex6('64:ff9b::192.0.2.33')).to.equal('0064FF9B0000000000000000C0000221');
    expect(hex6('1:2:3:4:5:6:192.0.2.1')).to.equal('000100020003000400050006C0000201');
    expect(hex6('1:2:3:4:5:6:7::')).to.equal('00010002000300040005000600070000');
    expect(hex6('::2:3:4:5:6:7:8')).to.equal('00000002000300040005000600070008');
    expect(hex6('1:2:3::5:6:7:8')).to.equal('00010002000300000005000600070008');
    expect(hex6('::192.0.2.1')).to.equal('000000000000000000000000C0000201');
    expect(hex6('00ff:000a::0')).to.equal('00FF000A000000000000000000000000');
  });

  it('takes nothing else for an IPv6 address', () => {
    const others =
      '|:|:::|1|1:|:1|1:2|1::2::3|1:::2|:1::2|1::2:|12345::|g::|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7:8::|::1:2:3:4:5:6:7:8|' +
      '1:2:3:4::5:6:7:8|1:2:3:4:5:6:7:192.0.2.1|1:2:3:4:5:192.0.2.1|::192.0.2|::192.0.2.256|192.0.2.1|192.0.2.1::|::192.0.2.1:1|' +
      '::1%eth0|[::1]|::1/128| ::1|::1 |0x1::|::00001|1:2:3:4:5:6:192.0.2.1:|1::2:3:4:5:6:7:192.0.2.1';
    for (const text of others.split('|')) expect(hex6(text), `'${text}'`).to.equal(undefined);
  });

  it('RFC 5952: shows the canonical form', () => {
    for (const [text, shown] of [
      ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'], // §4.1, §4.2.1, §4.3
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: one zero group stays
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // §4.2.3: the longest run
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // §4.2.3: the first of equals
      ['0:0:0:0:0:0:0:0', '::'],
      ['1:0:0:0:0:0:0:0', '1::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['::ffff:c000:201', '::ffff:192.0.2.1'], // §5
      ['::c000:201', '::c000:201'],
    ] as const) {
      expect(showIPv6(scanIPv6(text) ?? octetsOf('')), text).to.equal(shown);
    }
  });

  it('reads and shows either family', () => {
    for (const text of ['192.0.2.1', '2001:db8::1'])
      expect(showAddress(scanAddress(text) ?? octetsOf(''))).to.equal(text);
    expect(scanAddress('example')).to.equal(undefined);
  });
});

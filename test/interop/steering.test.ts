import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { ChildServer } from '../support/child-server.ts';
import { needProgram, needThat, runProgram } from '../support/programs.ts';

const ZONE = 'highperfweb.test';
/** Debian's: that is what has its python3-dnspython. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = 'test/interop/clients/dnspython-subnets.py';

/** A client's city, its network, who it gets, and for how long a prefix that holds. */
const CITIES = [
  ['Beijing', '192.0.2.0/25', '192.0.2.6', 24], // Shijiazhuang, within the /24, gets the same
  ['Shijiazhuang', '192.0.2.130/32', '192.0.2.6', 24],
  ["Xi'an, where none is,", '198.51.100.0/25', '192.0.2.6', 25],
  ['Shanghai', '198.51.100.128/25', '198.51.100.134', 25],
  ['Guangzhou', '203.0.113.0/26', '203.0.113.6', 26],
  ['Tokyo', '203.0.113.64/28', '203.0.113.70', 28],
  ['Singapore', '203.0.113.80/28', '203.0.113.86', 28],
  ['Sydney', '203.0.113.96/28', '203.0.113.102', 28],
  ['New York', '203.0.113.112/28', '203.0.113.118', 28],
  ['London', '203.0.113.128/28', '203.0.113.134', 28],
  ['Frankfurt', '203.0.113.144/28', '203.0.113.150', 28],
  ['Los Angeles', '203.0.113.160/28', '203.0.113.166', 28],
  ['São Paulo', '203.0.113.176/28', '203.0.113.182', 28],
  ['Johannesburg', '203.0.113.192/28', '203.0.113.198', 28],
  ['Mumbai, where none is,', '203.0.113.208/28', '203.0.113.86', 28],
] as const;

const CITIES_OF_IPV6 = [
  ['Beijing', '2001:db8:1::/48', '2001:db8:1::6'],
  ['Tokyo', '2001:db8:5::/48', '2001:db8:5::6'],
  ['London', '2001:db8:9::/48', '2001:db8:9::6'],
  ['New York', '2001:db8:8::/48', '2001:db8:8::6'],
  ['São Paulo', '2001:db8:c::/48', '2001:db8:c::6'],
  ['Johannesburg', '2001:db8:d::/48', '2001:db8:d::6'],
] as const;

/** The example zone, asked from the example networks: what real clients make of steered answers. */
describe('steering, asked by dig, kdig and dnspython', function () {
  this.timeout(60_000);
  let server: ChildServer;

  before(async function () {
    needProgram(this, 'dig');
    server = new ChildServer({
      zones: { [`${ZONE}.zone`]: readFileSync(`zones/${ZONE}.zone`, 'utf8') },
      settings: `[geo]\ndatabases = []\nnetworks = "${resolve('geo/networks.csv')}"`,
    });
    await server.start();
  });
  after(() => server?.remove());

  /** Asks as a resolver that tells of `subnet`; returns the data of the answer and the Client Subnet that came back. */
  async function dig(owner: string, subnet: string, ...more: string[]): Promise<Told> {
    const words = [`${owner}.${ZONE}`, `+subnet=${subnet}`, ...more];
    const { text } = await runProgram('dig', ['@127.0.0.1', '-p', `${server.port}`, ...words]);
    expect(text).to.contain('status: NOERROR');
    return {
      data: text.split('\n').flatMap((line) => /^[^;\s]\S*\s+\d+\s+IN\s+\S+\s+(.+)$/.exec(line)?.[1] ?? []),
      subnet: /^; CLIENT-SUBNET: (\S+)/m.exec(text)?.[1],
    };
  }

  for (const [city, subnet, member, scope] of CITIES) {
    it(`${city} is sent to ${member}`, async () => {
      expect(await dig('cdn', subnet)).to.deep.equal({ data: [member], subnet: `${subnet}/${scope}` });
      const tcp = await dig('cdn', subnet, '+tcp');
      expect(tcp.data).to.deep.equal([member]);
    });
  }

  for (const [city, subnet, member] of CITIES_OF_IPV6) {
    it(`${city} is sent to ${member} by IPv6`, async () => {
      const told = await dig('cdn', subnet, 'AAAA');
      expect(told).to.deep.equal({ data: [member], subnet: `${subnet}/48` });
    });
  }

  it('each operator has its own site, and of two the nearer one', async () => {
    const answers = [
      ['198.51.100.0/25', '198.51.100.21'], // telecom, Xi'an
      ['198.51.100.128/25', '198.51.100.149'], // telecom, Shanghai
      ['192.0.2.0/25', '192.0.2.21'], // unicom, Beijing
      ['192.0.2.130/32', '192.0.2.21'], // unicom, Shijiazhuang
      ['203.0.113.0/26', '203.0.113.21'], // mobile, Guangzhou
      ['203.0.113.224/27', '203.0.113.21'], // mobile, nobody knows where
    ] as const;
    for (const [subnet, member] of answers) {
      expect((await dig('portal', subnet)).data, subnet).to.deep.equal([member]);
    }
  });

  it('each operator has its own CNAME', async () => {
    const answers = [
      ['203.0.113.0/26', 'www3', '203.0.113.11'],
      ['192.0.2.0/24', 'www1', '192.0.2.11'],
      ['192.0.2.128/26', 'www1', '192.0.2.11'],
      ['198.51.100.0/24', 'www2', '198.51.100.11'],
    ] as const;
    for (const [subnet, target, address] of answers) {
      const { data } = await dig('www', subnet);
      expect(data, subnet).to.deep.equal([`${target}.${ZONE}.`, address]);
    }
  });

  it('the office gets its own server, everybody else the other one', async () => {
    expect((await dig('wiki', '198.51.100.128/25')).data).to.deep.equal(['198.51.100.190']);
    expect((await dig('wiki', '2001:db8:4:1::/64')).data).to.deep.equal(['198.51.100.190']);
    expect((await dig('wiki', '198.51.100.0/25')).data).to.deep.equal(['203.0.113.61']);
    expect((await dig('wiki', '2001:db8:5::/48')).data).to.deep.equal(['203.0.113.61']);
  });

  it('a wildcard is steered for every name', async () => {
    expect((await dig('a.shops', '203.0.113.176/28')).data).to.deep.equal(['203.0.113.121']); // São Paulo: New York
    expect((await dig('b.shops', '203.0.113.192/28')).data).to.deep.equal(['203.0.113.145']); // Johannesburg: Frankfurt
    expect((await dig('c.shops', '203.0.113.96/28')).data).to.deep.equal(['203.0.113.81']); // Sydney: Singapore
  });

  it('weights are met exactly over nine answers', async () => {
    const firsts = new Map<string, number>();
    for (let i = 0; i < 9; i++) {
      const { data } = await dig('mirror', '192.0.2.0/24');
      expect(data).to.have.length(3);
      firsts.set(data[0] ?? '', (firsts.get(data[0] ?? '') ?? 0) + 1);
    }
    const counts = { '192.0.2.41': 5, '198.51.100.41': 3, '203.0.113.41': 1 };
    expect(Object.fromEntries(firsts)).to.deep.equal(counts);
  });

  it('a network is kept at one member, different networks at different ones', async () => {
    const first = await dig('cart', '203.0.113.0/24');
    expect(first.subnet).to.equal('203.0.113.0/24/24');
    expect(first.data).to.have.length(1);
    for (const address of ['203.0.113.7/32', '203.0.113.128/25', '203.0.113.255/32']) {
      expect((await dig('cart', address)).data, address).to.deep.equal(first.data);
    }
    const members = new Set<string>();
    for (let i = 0; i < 32; i++)
      for (const one of (await dig('cart', `10.0.${i}.0/24`)).data) members.add(one);
    expect(members.size).to.equal(4);
  });

  it('SOURCE 0: the source is located, and the scope is 0', async () => {
    for (const subnet of ['0/0', '0.0.0.0/0', '::/0']) {
      const { data, subnet: told } = await dig('cdn', subnet);
      expect(data, subnet).to.have.length(12);
      expect(told, subnet).to.match(/\/0\/0$/);
    }
  });

  it('kdig is told the same', async function () {
    needProgram(this, 'kdig');
    const words = ['@127.0.0.1', '-p', `${server.port}`, `cdn.${ZONE}`, '+subnet=203.0.113.128/28'];
    const { text } = await runProgram('kdig', words);
    expect(text).to.contain('203.0.113.134');
    expect(text).to.match(/CLIENT-SUBNET: 203\.0\.113\.128\/28\/28/);
  });

  it('dnspython: malformed options are FORMERR, and the server answers on', async function () {
    needProgram(this, PYTHON);
    const { code: has } = await runProgram(PYTHON, ['-c', 'import dns.edns, dns.query']);
    needThat(this, 'python3-dnspython', has === 0);
    const { code, text } = await runProgram(PYTHON, [SCRIPT, `${server.port}`, `cdn.${ZONE}`]);
    expect(code, text).to.equal(0);
    const lines = text.trimEnd().split('\n');
    const outcomes = lines.map((line) => line.split(': ')[1]);
    expect(lines.length, text).to.be.greaterThan(20);
    expect(new Set(outcomes.slice(0, -1)), text).to.deep.equal(new Set(['FORMERR']));
    expect(outcomes.at(-1)).to.equal('NOERROR 203.0.113.134 scope 28');
  });
});

interface Told {
  readonly data: readonly string[];
  /** ADDRESS/SOURCE/SCOPE. */
  readonly subnet: string | undefined;
}

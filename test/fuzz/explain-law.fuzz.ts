import { expect } from 'chai';
import fc from 'fast-check';
import { explainReply } from '../../src/answer/explain/explain-reply.ts';
import type { ExplainedSteering } from '../../src/answer/explain/explanation.ts';
import { scanQuestion } from '../../src/answer/explain/question.ts';
import { Responder } from '../../src/answer/respond.ts';
import { showAddress } from '../../src/base/ip.ts';
import { nearestNetwork, showNetwork } from '../../src/base/network.ts';
import { Peer } from '../../src/base/peer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { composeClientSubnet, subnetOf } from '../../src/message/edns.ts';
import { makeQuery } from '../../src/message/message.ts';
import { RRClass } from '../../src/wire/iana.ts';
import { ExplainedZone } from '../support/explaining.ts';
import { holds } from '../support/fuzz.ts';

// --- zones ---

const PLACES = ['39.90,116.40', '31.23,121.47', '51.51,-0.13', '48.86,2.35', '40.71,-74.00'];
const NETS = ['198.51.100.0/25', '198.51.0.0/16', '203.0.113.0/24', '2001:db8::/32'];

const attributes = fc.record({
  at: fc.option(fc.constantFrom(...PLACES)),
  net: fc.option(fc.constantFrom(...NETS)),
  isp: fc.option(fc.constantFrom('unicom', 'telecom', 'britnet')),
  country: fc.option(fc.constantFrom('CN', 'GB', 'FR')),
  weight: fc.option(fc.constantFrom(0, 2, 3)),
  bias: fc.option(fc.constantFrom(-20, 30)),
  backup: fc.constantFrom(true, false, false, false),
  state: fc.option(fc.constantFrom('out', 'up'), { freq: 4 }),
  isDown: fc.constantFrom(true, false, false),
});

const policy = fc.record({
  rank: fc.option(fc.uniqueArray(fc.constantFrom('net', 'isp', 'country', 'distance'), { minLength: 1 })),
  within: fc.option(fc.constantFrom(0, 150, 2000)),
  order: fc.option(fc.constantFrom('rotate', 'weighted', 'sticky', 'fixed')),
  take: fc.option(fc.integer({ min: 1, max: 4 })),
  need: fc.option(fc.integer({ min: 1, max: 3 })),
  min: fc.option(fc.constantFrom('0', '2', '50%')),
  ttl: fc.option(fc.constantFrom('5..60', '30')),
  ecs: fc.option(fc.constant('off'), { freq: 5 }),
  prefix: fc.option(fc.constant('20/48')),
});

const zone = fc
  .record({ policy, members: fc.array(attributes, { minLength: 1, maxLength: 6 }) })
  .map(({ policy: said, members }) => {
    const words = Object.entries(said).flatMap(([key, value]) => (value === null ? [] : `${key}=${value}`));
    const lines = [`_steer.www 60 TXT "${words.join(' ') || 'order=rotate'}"`];
    for (const [i, { backup, isDown, ...rest }] of members.entries()) {
      const member = `192.0.2.${i + 1}`;
      lines.push(`www 60 A ${member}`);
      const own = Object.entries(rest).flatMap(([key, value]) => (value === null ? [] : `${key}=${value}`));
      if (backup) own.push('backup');
      if (own.length > 0) lines.push(`_steer.www 60 TXT "${member} ${own.join(' ')}"`);
      if (isDown) lines.push(`_steer.www 60 TXT "${member} down by=mon."`);
    }
    return `${lines.join('\n')}\nalias 60 CNAME www`;
  });

// --- clients ---

const ipv4 = fc.oneof(
  fc.constantFrom('198.51.100.7', '198.51.100.200', '203.0.113.9', '192.0.2.77', '8.8.8.8'),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map(showAddress),
);
const ipv6 = fc.oneof(
  fc.constantFrom('2001:db8:1::9', '64:ff9b::203.0.113.9', '2002:c633:6407::1', '2400::1'),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(showAddress),
);
const subnet = fc.oneof(
  fc.constant(undefined),
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
);

describe('the law of explanations', () => {
  it('ends with what the responder answers, with the counters where they are, and with its scope', () => {
    holds(
      fc.property(
        zone,
        fc.constantFrom('www.example.test', 'alias.example.test'),
        fc.oneof(ipv4, ipv6),
        subnet,
        fc.integer({ min: 0, max: 5 }),
        (text, name, client, network, asked) => {
          const explained = new ExplainedZone(text);
          const responder = new Responder(
            explained.options.memory,
            explained.options.options,
            explained.options.nowMs,
            explained.options.geo,
          );
          const ecs = network === undefined ? undefined : networkOf(...network);
          const question = scanQuestion({ name, type: 'A', client, ecs });
          const serve = () => {
            const options =
              question.subnet === undefined
                ? []
                : [composeClientSubnet(subnetOf(question.subnet.address, question.subnet.prefixLength))];
            const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options };
            const octets = new Uint8Array(2048);
            const query = composeMessage(
              makeQuery(0, { name: question.name, type: question.type, class: RRClass.IN }, { edns }),
            );
            octets.set(query);
            const peer = new Peer(question.source);
            peer.addressLength = question.source.length;
            return explainReply(octets.subarray(0, responder.answer(octets, 0, query.length, 2048, peer)));
          };
          for (let i = 0; i < asked; i++) serve();
          const explanation = explained.explain(name, client, ecs === undefined ? {} : { ecs });
          expect(explanation.reply).to.deep.equal(serve());
          const steering = explained.steering(explanation, name === 'www.example.test' ? 0 : 1);
          agrees(steering, explanation.reply.answer, explanation.reply.subnet?.scope);
        },
      ),
    );
  });
});

/** What is said step by step is what stands in the reply. */
function agrees(steering: ExplainedSteering, answer: readonly string[], scope: number | undefined): void {
  const { members, tiers, ttl, answer: chosen } = steering;
  const records = answer.filter((record) => record.startsWith('www'));
  expect(records).to.deep.equal(chosen.map((member) => `www.example.test. ${ttl.ttl} IN A ${member}`));
  if (scope !== undefined && chosen.length > 0) expect(steering.scope?.bits).to.equal(scope);
  expect(tiers.flatMap((tier) => tier.members).sort()).to.deep.equal(
    members.map(({ member }) => member).sort(),
  );
  for (const { member, position, dropped, tier } of members) {
    expect(position === undefined, member).to.equal(dropped !== undefined);
    if (position !== undefined) expect(chosen[position - 1]).to.equal(member);
    expect(tiers[tier - 1]?.members).to.include(member);
  }
  for (const [i, tier] of tiers.entries())
    if (i > 0) expect(tier.why, `tier ${i + 1}`).to.not.be.oneOf([undefined, '']);
  // The neighbour who gets something else is there whenever a scope is said to end for others.
  if (steering.scope !== undefined && steering.scope.bits > 0) {
    expect(steering.scope.why, JSON.stringify(steering.scope)).to.not.contain('looked through');
  }
}

/** The network of so many bits around an address, as text. */
function networkOf(address: string, bits: number): string {
  const network = nearestNetwork(`${address}/${bits}`);
  return network === undefined ? expect.fail(`${address}/${bits}`) : showNetwork(network);
}

import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { embeddedGeo } from '../support/geo.ts';
import { take } from './steer-load.ts';
import { type Client, composeClientQuestion, drawClients } from './steer-queries.ts';

describe('questions with a client', () => {
  it('are well-formed: ECS as RFC 7871 §6 has it', () => {
    const client: Client = {
      address: Uint8Array.of(203, 0, 113, 0),
      prefixLength: 24,
      latitude: 0,
      longitude: 0,
      country: undefined,
    };
    const message = parseMessage(composeClientQuestion(7, 'cdn.bench.test', client));
    expect(message.edns?.udpPayloadSize).to.equal(1232);
    expect(message.edns?.options.map(({ code, data }) => [code, ...data])).to.deep.equal([
      [8, 0, 1, 24, 0, 203, 0, 113],
    ]);
  });

  it('without a client have no EDNS', () => {
    expect(parseMessage(composeClientQuestion(7, 'cdn.bench.test', undefined)).edns).to.equal(undefined);
  });

  it('are of clients in both families that have a place, always the same ones', () => {
    const { tables } = embeddedGeo();
    const clients = [...take(drawClients(tables, 0.3, 1), 200)];
    const ipv6 = clients.filter(({ address }) => address.length === 16);
    expect(ipv6.length).to.be.within(30, 90);
    expect(ipv6.every(({ address }) => address.subarray(7).every((octet) => octet === 0))).to.equal(true);
    expect([...take(drawClients(tables, 0.3, 1), 200)]).to.deep.equal(clients);
  });
});

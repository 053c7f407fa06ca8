import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { findOption, parseExtendedError } from '../../src/message/edns.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { NotifyHandler } from '../../src/serve/notify-handler.ts';
import { EdnsOption, Opcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { FakeEffects } from '../support/effects.ts';
import { name, rr } from '../support/rr.ts';

interface Notified {
  readonly rcode: string;
  readonly aa: boolean;
  readonly why: string | undefined;
  readonly told: readonly string[];
}

describe('serve/notify-handler', () => {
  async function notify(
    zone: string,
    from: string,
    rest: { readonly key?: string; readonly type?: number; readonly message?: Partial<Message> } = {},
  ): Promise<Notified> {
    const told: string[] = [];
    const handler = new NotifyHandler({
      primariesOf: (apex) =>
        showName(apex) === 'second.test.'
          ? [
              { address: '192.0.2.1', key: undefined },
              { address: '2001:db8::1', key: name('secondary.') },
            ]
          : undefined,
      isServed: (apex) => showName(apex) === 'first.test.',
      notified: (apex, serial, address) => told.push(`${showName(apex)} ${serial} ${address}`),
      effects: new FakeEffects(),
    });
    const question = { name: name(zone), type: rest.type ?? RRType.SOA, class: RRClass.IN };
    const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
    const message = makeQuery(9, question, { opcode: Opcode.NOTIFY, edns, ...rest.message });
    const who = { key: rest.key === undefined ? undefined : name(rest.key), address: scanAddress(from) };
    const request = { octets: composeMessage(message), message, who, port: 5353, overTcp: false, room: 1232 };
    let reply = message;
    await handler.handle(request, async (octets) => {
      reply = parseMessage(octets);
      return true;
    });
    expect(reply.questions).to.deep.equal(message.questions.length === 1 ? message.questions : []);
    const option = findOption(reply.edns, EdnsOption.EXTENDED_ERROR);
    return {
      rcode: showRcode(reply.rcode),
      aa: reply.flags.aa,
      why: option === undefined ? undefined : parseExtendedError(option.data).extraText,
      told,
    };
  }

  const TAKEN = { rcode: 'NOERROR', aa: true, why: undefined };

  it('takes it from a primary, with the serial it tells', async () => {
    expect(await notify('second.test', '192.0.2.1')).to.deep.equal({
      ...TAKEN,
      told: ['second.test. undefined 192.0.2.1'],
    });
    const soa = rr('@ SOA ns1 hostmaster 77 2 3 4 5', 'second.test');
    const message = { answers: [{ ...soa, class: RRClass.IN }] };
    const { told } = await notify('Second.TEST', '::ffff:192.0.2.1', { message });
    expect(told).to.deep.equal(['second.test. 77 192.0.2.1']);
  });

  it('where a key is configured, only when it is signed with it', async () => {
    expect(await notify('second.test', '2001:db8::1', { key: 'Secondary.' })).to.include(TAKEN);
    expect(await notify('second.test', '2001:db8::1')).to.deep.equal({
      rcode: 'REFUSED',
      aa: false,
      why: 'this NOTIFY of second.test. is not signed; it must be with key secondary.',
      told: [],
    });
    expect(await notify('second.test', '2001:db8::1', { key: 'other.' })).to.deep.include({
      why: 'this NOTIFY of second.test. is signed with key other.; it must be with key secondary.',
      told: [],
    });
  });

  it('refuses strangers, and zones that do not come from a primary', async () => {
    expect(await notify('second.test', '192.0.2.9')).to.deep.include({
      rcode: 'REFUSED',
      why: '192.0.2.9 is no primary of second.test. here',
      told: [],
    });
    expect(await notify('first.test', '192.0.2.1')).to.deep.include({
      rcode: 'REFUSED',
      why: 'this server is the primary of first.test.',
    });
    expect(await notify('third.test', '192.0.2.1')).to.deep.include({
      rcode: 'NOTAUTH',
      why: 'there is no zone third.test. here',
    });
  });

  it('FORMERR for another question than one SOA', async () => {
    expect(await notify('second.test', '192.0.2.1', { type: RRType.A })).to.include({ rcode: 'FORMERR' });
    expect(await notify('second.test', '192.0.2.1', { message: { questions: [] } })).to.include({
      rcode: 'FORMERR',
    });
  });
});

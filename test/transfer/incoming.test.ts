import { expect } from 'chai';
import * as fc from 'fast-check';
import { type AskedTransfer, TransferReader } from '../../src/transfer/incoming.ts';
import { IncomingTransferError } from '../../src/transfer/incoming-error.ts';
import type { IncomingTransfer } from '../../src/transfer/incoming-records.ts';
import { Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import type { RR } from '../../src/zone/record.ts';
import { name, rr, showRecord } from '../support/rr.ts';
import { type StreamOptions, signStream, streamOf } from '../support/transfer-streams.ts';
import { tsigKey } from '../support/tsig.ts';

const NOW = 1_700_000_000;
const KEY = tsigKey('secondary.');

function soa(serial: number): RR {
  return rr(`@ 3600 SOA ns1 hostmaster ${serial} 7200 900 1209600 300`);
}
const ns = rr('@ 3600 NS ns1');
const ns1 = rr('ns1 A 192.0.2.53');
const www = rr('www A 192.0.2.1');
const www2 = rr('www A 192.0.2.2');
const mail = rr('mail A 192.0.2.25');

interface Read {
  readonly result: IncomingTransfer | undefined;
  readonly records: readonly string[];
}

function readMessages(messages: readonly Uint8Array[], rest: Partial<AskedTransfer> = {}): Read {
  const records: string[] = [];
  const reader = new TransferReader({
    apex: name('example.test'),
    serial: undefined,
    id: 7,
    maxOctets: 1 << 20,
    verifier: undefined,
    onRecord: (record) => records.push(showRecord(record)),
    ...rest,
  });
  for (const message of messages) reader.take(message, NOW);
  return { result: reader.result, records };
}

function read(records: readonly RR[], serial?: number, options: StreamOptions = {}): Read {
  const type = serial === undefined ? RRType.AXFR : RRType.IXFR;
  return readMessages(streamOf(records, { type, ...options }), { serial });
}

function errorOf(records: readonly RR[], serial?: number, options: StreamOptions = {}): string {
  return errorIn(() => read(records, serial, options));
}

function errorIn(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof IncomingTransferError) return `${error.flaw}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('transfer/incoming', () => {
  describe('whole zones (RFC 5936)', () => {
    const zone = [soa(5), ns, ns1, www];

    for (const perMessage of [1, 2, 100]) {
      it(`reads a zone, ${perMessage} records in a message`, () => {
        const { result, records } = read([...zone, soa(5)], undefined, { perMessage });
        expect(result).to.include({ kind: 'whole', records: 4 });
        expect(records).to.deep.equal(zone.map(showRecord));
      });
    }

    it('is not done before the SOA has come again', () => {
      expect(read(zone).result).to.equal(undefined);
    });

    it('reads one that answers IXFR, also of a single record', () => {
      expect(read([...zone, soa(5)], 3).result).to.include({ kind: 'whole', records: 4 });
      expect(read([soa(5), soa(5)], 3).result).to.include({ kind: 'whole', records: 1 });
      expect(read([soa(5), soa(5)], 3, { perMessage: 1 }).records).to.have.length(1);
    });

    it('takes the question only in the first message, and SOA names in any case', () => {
      const [first, second] = [
        streamOf([soa(5), ns], {}),
        streamOf([rr('@ 3600 SOA NS1 HOSTMASTER 5 7200 900 1209600 300')], { message: { questions: [] } }),
      ];
      expect(readMessages([...first, ...second]).result?.kind).to.equal('whole');
    });

    it('refuses what is wrong', () => {
      expect(errorOf([ns, soa(5)])).to.equal(
        'malformed: message 1 of the transfer begins with example.test. NS instead of the SOA',
      );
      expect(errorOf([soa(5), ns, soa(6)])).to.equal(
        'malformed: the transfer ends with another SOA than it began with (serials 5 and 6)',
      );
      expect(errorOf([soa(5), ns, soa(5), www], undefined, { perMessage: 9 })).to.equal(
        'malformed: message 1 of the transfer has www.example.test. A after the end of the transfer',
      );
      expect(errorOf([soa(5), rr('www A 192.0.2.1', 'other.test'), soa(5)])).to.contain(
        'has www.other.test. A, which is not in the zone',
      );
      expect(errorOf([soa(5), rr('below SOA ns1 hostmaster 1 2 3 4 5'), soa(5)])).to.contain(
        'below the apex',
      );
      expect(errorOf([soa(5)], undefined, { message: { rcode: Rcode.REFUSED, answers: [] } })).to.equal(
        'refused: AXFR is answered with REFUSED',
      );
      expect(errorOf([soa(5)], undefined, { message: { answers: [] } })).to.contain('has no records');
      expect(errorOf([soa(5)], undefined, { id: 8 })).to.contain('has another ID than the request');
      expect(errorOf([soa(5)], undefined, { apex: name('other.test') })).to.contain('another question');
      expect(errorOf([soa(5)], 3, { type: RRType.AXFR })).to.contain('another question');
    });

    it('refuses another class than IN', () => {
      const answers = [{ ...soa(5), class: RRClass.CH }];
      expect(errorOf([soa(5)], undefined, { message: { answers } })).to.contain('in class 3 instead of IN');
    });

    it('refuses what is no DNS message, and more than the limit', () => {
      expect(errorIn(() => readMessages([Uint8Array.of(0, 7, 0x84)]))).to.contain('is no DNS message');
      expect(errorIn(() => readMessages(streamOf([...zone, soa(5)]), { maxOctets: 100 }))).to.equal(
        'too-large: the transfer is larger than 100 octets, which is the most that is taken',
      );
    });
  });

  describe('differences (RFC 1995)', () => {
    it('an SOA that is not ahead says that nothing is newer', () => {
      expect(read([soa(5)], 5).result).to.include({ kind: 'current' });
      expect(read([soa(4)], 5).result).to.include({ kind: 'current' });
      expect(read([soa(6)], 5).result).to.equal(undefined);
    });

    it('reads several differences', () => {
      const { result } = read([soa(7), soa(5), www, soa(6), www2, mail, soa(6), soa(7), www, soa(7)], 5);
      expect(result).to.deep.equal({
        kind: 'steps',
        soa: soa(7),
        steps: [
          { serialFrom: 5, serialTo: 6, removed: [soa(5), www], added: [soa(6), www2, mail] },
          { serialFrom: 6, serialTo: 7, removed: [soa(6)], added: [soa(7), www] },
        ],
      });
    });

    it('reads a condensed one, over the end of the serials', () => {
      const { result } = read([soa(2), soa(0xffff_fff0), www, soa(2), www2, soa(2)], 0xffff_fff0);
      expect(
        result?.kind === 'steps' && result.steps.map(({ serialFrom, serialTo }) => [serialFrom, serialTo]),
      ).to.deep.equal([[0xffff_fff0, 2]]);
    });

    it('refuses differences that do not lead here from there', () => {
      expect(errorOf([soa(7), soa(4), www, soa(7), soa(7)], 5)).to.equal(
        'serial: the differences begin at serial 4, and 5 is here',
      );
      expect(errorOf([soa(7), soa(5), soa(5), soa(7)], 5)).to.equal(
        'serial: a difference goes from serial 5 to 5, which is not ahead',
      );
      expect(errorOf([soa(9), soa(5), soa(6), soa(7), soa(9), soa(9)], 5)).to.equal(
        'serial: the difference after serial 6 begins at serial 7',
      );
      expect(errorOf([soa(7), soa(5), soa(7), soa(7), www], 5)).to.contain('after the end of the transfer');
    });
  });

  describe('signatures (RFC 8945 §5.3.1)', () => {
    const stream = streamOf([soa(5), ns, ns1, www, mail, soa(5)], { perMessage: 2 });

    it('each message signed, or unsigned between signed ones', () => {
      const { verifier, signed } = signStream(stream, KEY, NOW);
      expect(readMessages(signed, { verifier }).result?.kind).to.equal('whole');
    });

    it('refuses a stream without signatures, or without the last one', () => {
      const one = signStream(stream, KEY, NOW);
      expect(errorIn(() => readMessages(stream, { verifier: one.verifier }))).to.contain(
        'signature: the reply is not signed',
      );
      const other = signStream(stream, KEY, NOW);
      const [first = stream[0], second = stream[1]] = other.signed;
      if (first === undefined || second === undefined || stream[2] === undefined) expect.fail();
      const messages = [first, second, stream[2]];
      expect(errorIn(() => readMessages(messages, { verifier: other.verifier }))).to.contain(
        'not signed (RFC 8945',
      );
    });

    it('law: a signed stream that is cut or changed at any octet is never whole', () => {
      const { signed } = signStream(stream, KEY, NOW);
      const octet = fc.nat(signed.reduce((sum, { length }) => sum + length, 0) - 1);
      fc.assert(
        fc.property(octet, fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, by, isCut) => {
          const fresh = signStream(stream, KEY, NOW);
          let rest = at;
          const messages: Uint8Array[] = [];
          for (const message of fresh.signed) {
            if (rest < 0 && isCut) break;
            if (rest >= 0 && rest < message.length) {
              const changed = isCut
                ? message.slice(0, rest)
                : message.map((o, i) => (i === rest ? o ^ by : o));
              messages.push(changed);
            } else messages.push(message);
            rest -= message.length;
          }
          let result: IncomingTransfer | undefined;
          try {
            ({ result } = readMessages(messages, { verifier: fresh.verifier }));
          } catch (error) {
            if (!(error instanceof IncomingTransferError)) throw error;
          }
          // The ID is no part of what is signed; the reader compares it by itself.
          expect(result).to.equal(undefined);
        }),
        { numRuns: 300 },
      );
    });

    it('law: no octets make it throw anything but a IncomingTransferError', () => {
      const [first = new Uint8Array(0)] = streamOf([soa(5), ns, www], { perMessage: 9 });
      const changes = fc.array(fc.tuple(fc.nat(first.length - 1), fc.nat(255)), { maxLength: 6 });
      fc.assert(
        fc.property(changes, (list) => {
          const changed = first.slice();
          for (const [at, value] of list) changed[at] = value;
          try {
            readMessages([changed]);
          } catch (error) {
            expect(error).to.be.instanceOf(IncomingTransferError);
          }
        }),
        { numRuns: 500 },
      );
    });
  });
});

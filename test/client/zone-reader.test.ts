import { expect } from 'chai';
import { readZone } from '../../src/client/zone-reader.ts';
import { IncomingTransferError } from '../../src/transfer/incoming-error.ts';
import { RRType } from '../../src/wire/iana.ts';
import { ModelPrimary } from '../support/model-primary.ts';
import { name, rr } from '../support/rr.ts';

const RECORDS = [rr('@ NS ns1'), rr('ns1 A 192.0.2.53'), rr('www A 192.0.2.1'), rr('www TXT "x"')];

describe('client/zone-reader', () => {
  const wanted = (maxRecords?: number) => ({
    apex: name('example.test'),
    from: { address: '192.0.2.53', port: 53 },
    signal: new AbortController().signal,
    isWanted: ({ type }: { readonly type: number }) => type === RRType.A,
    ...(maxRecords === undefined ? {} : { maxRecords }),
  });

  it('keeps what is wanted of a zone, with its serial', async () => {
    const primary = new ModelPrimary({ serial: 5, records: RECORDS });
    const { serial, records } = await readZone(primary, wanted());
    expect(serial).to.equal(5);
    expect(records).to.deep.equal([RECORDS[1], RECORDS[2]]);
    expect(primary.asked).to.deep.equal(['AXFR']);
  });

  it('gives up when more is wanted than it may keep', async () => {
    const primary = new ModelPrimary({ serial: 5, records: RECORDS });
    const error = await readZone(primary, wanted(1)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(IncomingTransferError).and.include({ flaw: 'too-large' });
  });
});

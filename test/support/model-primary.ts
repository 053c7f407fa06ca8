import { ExchangeError } from '../../src/client/errors.ts';
import type { WantedTransfer } from '../../src/client/transfer-client.ts';
import type { Message } from '../../src/message/message.ts';
import { makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { TransferReader } from '../../src/transfer/incoming.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import type { RR } from '../../src/zone/record.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { type PrimaryVersion, recordsOf, soaAt, stepBetween, wholeOf } from './primary-history.ts';
import { streamOf } from './transfer-streams.ts';

/** A primary without a network: what it is asked is answered from a list of versions of `example.test`. */
export class ModelPrimary {
  readonly versions: PrimaryVersion[];
  isUp = true;
  /** Whether it answers IXFR with differences. */
  hasHistory = true;
  /** Changes what it sends. */
  damage: (messages: Uint8Array[]) => Uint8Array[] = (messages) => messages;
  /** What it was asked: `SOA`, `IXFR 5`, `AXFR`. */
  readonly asked: string[] = [];

  constructor(...versions: readonly PrimaryVersion[]) {
    this.versions = [...versions];
  }

  get newest(): PrimaryVersion {
    return this.versions.at(-1) ?? { serial: 0, records: [] };
  }

  async ask(request: Message): Promise<Message> {
    this.#expectUp();
    this.asked.push('SOA');
    const [question] = request.questions;
    if (question === undefined) throw new Error('no question');
    const answers = [{ ...soaAt(this.newest.serial), class: RRClass.IN }];
    return makeQuery(request.id, question, { answers, flags: { ...NO_FLAGS, qr: true, aa: true } });
  }

  async fetch({ apex, soa, maxOctets, onRecord, onMessage }: WantedTransfer) {
    this.#expectUp();
    const serial = soa === undefined ? undefined : soaSerial(soa.rdata);
    this.asked.push(serial === undefined ? 'AXFR' : `IXFR ${serial}`);
    const reader = new TransferReader({ apex, serial, id: 7, maxOctets, verifier: undefined, onRecord });
    const type = serial === undefined ? RRType.AXFR : RRType.IXFR;
    for (const message of this.damage(streamOf(this.#recordsFor(serial), { type }))) {
      reader.take(message, 0);
      await onMessage?.(reader.records);
    }
    if (reader.result !== undefined) return reader.result;
    throw new ExchangeError('unreachable', 'the connection broke off');
  }

  #recordsFor(serial: number | undefined): readonly RR[] {
    const { newest, versions } = this;
    if (serial === newest.serial) return [soaAt(serial)];
    const from = versions.findIndex((version) => version.serial === serial);
    if (!this.hasHistory || from === -1) return [...wholeOf(newest), soaAt(newest.serial)];
    const after = versions.slice(from);
    const steps = after.slice(1).map((version, i) => stepBetween(after[i] ?? version, version));
    return recordsOf(steps, newest.serial);
  }

  #expectUp(): void {
    if (!this.isUp) throw new ExchangeError('unreachable', 'nothing listens there');
  }
}

// RFC 2136 §3.4.2.7 written down as it stands there, over a plain list of records: what `update/apply.ts` is held to.
// Beside it: RFC 2181 §5.2 (one TTL), RFC 6672 §5.2 (DNAME), RFC 4034 §2 (RRSIG, NSEC), STEERING.md §9 (CNAMEs).
import { canonicalRdata } from '../../src/rdata/table.ts';
import type { UpdateRecord } from '../../src/update/request.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { childName, equalNames } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { isSerialAhead, soaSerial } from '../../src/zone/serial.ts';
import { isPolicyLine } from '../../src/zone/steering-owner.ts';
import { name, showRecord } from './rr.ts';

/** The zone after the updates; `apex` as in `example.test`. */
export function referenceUpdate(apex: string, zone: readonly RR[], updates: readonly UpdateRecord[]): RR[] {
  const zname = name(apex);
  let records = [...zone];
  const at = (rr: UpdateRecord, test: (other: RR) => boolean = () => true) =>
    records.filter((other) => equalNames(other.owner, rr.owner) && test(other));
  const drop = (gone: readonly RR[]) => {
    records = records.filter((other) => !gone.includes(other));
  };

  for (const rr of updates) {
    const ofType = at(rr, (other) => other.type === rr.type);
    const isApex = equalNames(rr.owner, zname);
    if (rr.class === RRClass.IN) {
      if (rr.type === RRType.CNAME) {
        if (at(rr, (other) => !isBesideCname(other.type)).length > 0) continue;
      } else if (!isBesideCname(rr.type) && at(rr, (other) => other.type === RRType.CNAME).length > 0) {
        continue;
      }
      if (rr.type === RRType.SOA) {
        const [soa] = ofType;
        if (soa === undefined || !isSerialAhead(soaSerial(rr.rdata), soaSerial(soa.rdata))) continue;
      }
      const steer = childName(Buffer.from('_steer'), rr.owner);
      const isSteered = records.some(
        (other) => equalNames(other.owner, steer) && other.type === RRType.TXT && isPolicyLine(other.rdata),
      );
      drop(
        ofType.filter(
          (other) =>
            (rr.type === RRType.CNAME && !isSteered) ||
            rr.type === RRType.SOA ||
            rr.type === RRType.DNAME ||
            (rr.type === RRType.WKS && equalOctets(other.rdata.subarray(0, 5), rr.rdata.subarray(0, 5))) ||
            equalRdata(other, rr),
        ),
      );
      records = records.map((other) =>
        equalNames(other.owner, rr.owner) && other.type === rr.type ? { ...other, ttl: rr.ttl } : other,
      );
      records.push({ owner: rr.owner, type: rr.type, ttl: rr.ttl, rdata: rr.rdata });
    } else if (rr.class === RRClass.ANY) {
      const isKept = (type: number) => isApex && (type === RRType.SOA || type === RRType.NS);
      if (rr.type === RRType.ANY) drop(at(rr, (other) => !isKept(other.type)));
      else if (!isKept(rr.type)) drop(ofType);
    } else {
      if (rr.type === RRType.SOA) continue;
      if (rr.type === RRType.NS && isApex && ofType.length === 1) continue;
      drop(ofType.filter((other) => equalRdata(other, rr)));
    }
  }
  return records;
}

/** Records as sorted lines, each once: what two zones are compared by. */
export function linesOf(records: Iterable<RR>): string[] {
  return [...new Set([...records].map(showRecord))].sort();
}

function isBesideCname(type: number): boolean {
  return type === RRType.CNAME || type === RRType.RRSIG || type === RRType.NSEC;
}

function equalRdata(a: RR, b: { type: number; rdata: Uint8Array }): boolean {
  return (
    a.type === b.type &&
    equalOctets(
      canonicalRdata(a.type, a.rdata),
      b.rdata.length === 0 ? b.rdata : canonicalRdata(b.type, b.rdata),
    )
  );
}

function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

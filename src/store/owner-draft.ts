import type { DomainName } from '../wire/name.ts';
import type { Owner, RRset } from '../zone/record.ts';

/** An {@link Owner} in the making. Its records come in the order of types. */
export class OwnerDraft implements Owner {
  readonly name: DomainName;
  readonly rrsets: RRsetDraft[] = [];

  constructor(name: DomainName) {
    this.name = name;
  }

  add(type: number, ttl: number, rdata: Uint8Array): void {
    const last = this.rrsets[this.rrsets.length - 1];
    if (last === undefined || last.type !== type) {
      this.rrsets.push({ type, ttl, rdatas: [rdata] });
    } else {
      last.rdatas.push(rdata);
      if (ttl < last.ttl) last.ttl = ttl; // RFC 2181 §5.2
    }
  }
}

interface RRsetDraft extends RRset {
  ttl: number;
  readonly rdatas: Uint8Array[];
}

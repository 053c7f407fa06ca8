import type { Message, Question } from '../message/message.ts';
import { type Refusal, refuse } from '../message/refusal.ts';
import { Rcode, RRClass, RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName } from '../wire/name.ts';
import { soaSerial } from '../zone/serial.ts';

/** A question for a zone. */
export interface TransferRequest {
  readonly kind: 'axfr' | 'ixfr';
  /** As it was asked, which is how it goes back. */
  readonly question: Question;
  readonly apex: DomainName;
  /** IXFR: what the client has (RFC 1995 §3). AXFR: `undefined`. */
  readonly serial: number | undefined;
}

/** Takes a request for AXFR (RFC 5936 §2.1) or IXFR (RFC 1995 §3) apart. */
export function openTransfer(message: Message): TransferRequest | Refusal {
  const [question] = message.questions;
  if (question === undefined || message.questions.length !== 1) {
    return refuse(Rcode.FORMERR, 'a transfer asks for one zone');
  }
  if (question.class !== RRClass.IN) {
    return refuse(Rcode.REFUSED, 'zones are served in class IN only');
  }
  const apex = foldName(question.name);
  if (question.type === RRType.AXFR) return { kind: 'axfr', question, apex, serial: undefined };
  const soa = message.authorities.find(
    ({ owner, type, class: rrClass }) =>
      type === RRType.SOA && rrClass === RRClass.IN && equalNames(owner, question.name),
  );
  if (soa === undefined || soa.rdata.length === 0) {
    return refuse(Rcode.FORMERR, 'IXFR without the SOA that the client has in the authority section');
  }
  return { kind: 'ixfr', question, apex, serial: soaSerial(soa.rdata) };
}

// What came of an update, in words that say what to look at. RFC 2136 §2.2, §3; RFC 8945 §5.
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { ExchangeError } from '../../client/errors.ts';
import { findOption, parseExtendedError } from '../../message/edns.ts';
import type { Message } from '../../message/message.ts';
import type { TsigKey } from '../../message/tsig-key.ts';
import { EdnsOption, Rcode, showRcode } from '../../wire/iana.ts';
import { type DomainName, showName } from '../../wire/name.ts';

/** How one update ended. */
export type SendOutcome =
  /** Done, and durable as far as the server promises that. `leaseS`: what it granted. */
  | { readonly kind: 'done'; readonly server: Endpoint; readonly leaseS: number | undefined }
  /**
   * A prerequisite does not hold: the zone is not as it was learned. `mayBeOurs`: an earlier try went unanswered, so
   * that this may be our own doing.
   */
  | { readonly kind: 'stale'; readonly server: Endpoint; readonly rcode: number; readonly mayBeOurs: boolean }
  /** The server will not do it, and asking again at once is of no use. */
  | {
      readonly kind: 'refused';
      /** Whether some of the records are refused, or whatever we send for the zone. */
      readonly scope: 'records' | 'zone';
      /** For people: who, what, and what to do. */
      readonly reason: string;
      /** With BADTIME: by how many seconds the server's clock is ahead of ours. */
      readonly skewS: number | undefined;
    }
  /** No server could be heard, or none could do it now. Whether it was done is not known. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Given up by our own side. */
  | { readonly kind: 'closed' };

/** One server's reply to an update, or why there is none. */
export type Verdict =
  | Exclude<SendOutcome, { readonly kind: 'failed' | 'stale' }>
  | { readonly kind: 'stale'; readonly rcode: number }
  /** Another try, or another server, may do better; `wasHeard`: it said so itself, and has done nothing. */
  | { readonly kind: 'trouble'; readonly reason: string; readonly wasHeard: boolean };

/** What a reply to an update means. */
export function judgeReply(
  reply: Message,
  server: Endpoint,
  apex: DomainName,
  key: TsigKey | undefined,
  leaseS: number | undefined,
): Verdict {
  const { rcode } = reply;
  const said = `${showEndpoint(server)} answers the update of ${showName(apex)} with ${showRcode(rcode)}`;
  const why = textOf(reply);
  const refused = (scope: 'records' | 'zone', advice: string): Verdict => {
    return { kind: 'refused', scope, reason: `${said}: ${why ?? advice}`, skewS: undefined };
  };
  switch (rcode) {
    case Rcode.NOERROR:
      return { kind: 'done', server, leaseS };
    case Rcode.YXDOMAIN:
    case Rcode.YXRRSET:
    case Rcode.NXRRSET:
    case Rcode.NXDOMAIN:
      return { kind: 'stale', rcode };
    case Rcode.SERVFAIL:
      return { kind: 'trouble', reason: why === undefined ? said : `${said}: ${why}`, wasHeard: true };
    case Rcode.REFUSED:
      return refused('records', `${mayIt(key)}. ${WHERE_ALLOWED}`);
    case Rcode.NOTAUTH:
      // Perhaps of some of the records only: some servers say it to what no rule allows.
      return refused('records', `is it the primary of the zone, and ${mayIt(key)} ${WHERE_ALLOWED}`);
    case Rcode.NOTIMP:
      return refused('zone', 'it takes no dynamic updates; name the primary, or switch them on there');
    case Rcode.NOTZONE:
      return refused('records', 'a name is not in that zone, or belongs to a zone below it');
    case Rcode.FORMERR:
      return refused('records', 'it cannot read the message; does it know RFC 2136 and EDNS?');
    default:
      return refused('zone', 'which is no answer to an update');
  }
}

/** What it means that there is no reply. Throws what is none of the client's errors. */
export function judgeFailure(error: unknown): Verdict {
  if (!(error instanceof ExchangeError)) throw error;
  switch (error.failure) {
    case 'aborted':
      return { kind: 'closed' };
    case 'signature': {
      // The key was good when the zone was learned; BADKEY is what Knot says to records that no acl allows it.
      const { message: reason, skewS } = error;
      return { kind: 'refused', scope: skewS === undefined ? 'records' : 'zone', reason, skewS };
    }
    case 'timeout':
    case 'unreachable':
    case 'malformed':
    case 'busy':
      return { kind: 'trouble', reason: error.message, wasHeard: error.failure === 'busy' };
    default:
      return error.failure satisfies never;
  }
}

/** The text of an extended error (RFC 8914), when there is one. */
export function textOf({ edns }: Message): string | undefined {
  const option = findOption(edns, EdnsOption.EXTENDED_ERROR);
  if (option === undefined || option.data.length < 2) return undefined;
  const { extraText } = parseExtendedError(option.data);
  return extraText === '' ? undefined : extraText.slice(0, MAX_TEXT);
}

/** What was thrown, as a reason. */
export function reasonOf(error: unknown): string {
  return messageOf(error);
}

/** Characters of another server's text that are passed on. */
const MAX_TEXT = 300;

const WHERE_ALLOWED =
  'BIND: allow-update or update-policy; Knot: an acl with action update; PowerDNS: allow-dnsupdate-from and TSIG-ALLOW-DNSUPDATE; Waypost: update in the zone';

function mayIt(key: TsigKey | undefined): string {
  return key === undefined
    ? 'may this address change these records there without a key?'
    : `may key ${key} change these records there?`;
}

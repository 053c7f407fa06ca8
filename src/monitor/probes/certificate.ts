import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { ProbeOptionsError } from './errors.ts';
import { oneLine } from './evidence.ts';
import type { CertificateOptions } from './probe-options.ts';

/** What is to be thought of a server's certificate. */
export interface CertificateJudgement {
  /** Why it is not accepted. */
  readonly problem: string | undefined;
  readonly warning: string | undefined;
  /** Whose it is and how long it holds: `certificate of www.example.test, 61 days left`. */
  readonly about: string;
}

/** What a handshake brought. */
export interface PresentedCertificate {
  readonly certificate: PeerCertificate;
  /** OpenSSL's word for what is wrong with the chain, `CERT_HAS_EXPIRED`; `undefined` when nothing is. */
  readonly chainError: string | undefined;
  /** The name or address that it has to be for. */
  readonly name: string;
}

/** Judges the certificate that a server presented, at `nowMs`. */
export function judgeCertificate(
  { certificate, chainError, name }: PresentedCertificate,
  { verify = true, warnDays = DEFAULT_WARN_DAYS, minDays = 0 }: CertificateOptions,
  nowMs: number,
): CertificateJudgement {
  const subject = oneLine(String(certificate.subject?.CN ?? certificate.subjectaltname ?? 'nobody'), 80);
  const daysLeft = Math.floor((Date.parse(certificate.valid_to) - nowMs) / DAY_MS);
  const until = certificate.valid_to;
  if (Number.isNaN(daysLeft)) {
    return { problem: 'the server showed no certificate', warning: undefined, about: 'no certificate' };
  }
  const isExpired = nowMs > Date.parse(certificate.valid_to);
  const left = isExpired ? `expired since ${until}` : `${countDays(daysLeft)} left`;
  const about = `certificate of ${subject}, ${left}`;
  const end = isExpired ? `the certificate of ${subject} has expired: ${until}` : undefined;
  const soon = `the certificate of ${subject} expires in ${countDays(daysLeft)}: ${until}`;
  const wrong = verify ? (end ?? flawOf(certificate, chainError, name, nowMs)) : undefined;
  const problem = wrong ?? (minDays > 0 && daysLeft < minDays ? (end ?? soon) : undefined);
  const warning = warnDays > 0 && daysLeft < warnDays ? (end ?? soon) : undefined;
  return { problem, warning: problem === undefined ? warning : undefined, about };
}

/** The issuers to trust. Each set of them is read once, whoever asks for it. */
export class TrustStore {
  readonly #contexts = new Map<string | undefined, SecureContext>();

  /** Those of `ca`, PEM, or those that come with Node. Throws {@link ProbeOptionsError}. */
  of(ca: string | undefined): SecureContext {
    const known = this.#contexts.get(ca);
    if (known !== undefined) return known;
    const context = readIssuers(ca);
    this.#contexts.set(ca, context);
    return context;
  }
}

// --- helpers ---

const DAY_MS = 86_400_000;
const DEFAULT_WARN_DAYS = 14;

function readIssuers(ca: string | undefined): SecureContext {
  if (ca === undefined) return createSecureContext();
  const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new ProbeOptionsError('ca: no certificate in PEM form');
  try {
    for (const block of blocks) new X509Certificate(block); // createSecureContext passes over what is none
    return createSecureContext({ ca: blocks });
  } catch (error) {
    throw new ProbeOptionsError(`ca: not a certificate in PEM form: ${messageOf(error)}`, { cause: error });
  }
}

function countDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

function flawOf(
  certificate: PeerCertificate,
  chainError: string | undefined,
  name: string,
  nowMs: number,
): string | undefined {
  const from = Date.parse(certificate.valid_from);
  if (nowMs < from) return `the certificate does not hold before ${certificate.valid_from}`;
  if (chainError !== undefined) {
    return `the certificate is not trusted: ${CHAIN_ERRORS.get(chainError) ?? chainError}`;
  }
  const misnomer = checkServerIdentity(name, certificate);
  if (misnomer === undefined) return undefined;
  const names = certificate.subjectaltname ?? `CN=${certificate.subject?.CN ?? ''}`;
  return `the certificate is not for ${name} but for ${oneLine(names, 160)}`;
}

/** OpenSSL's words that people meet most, with what to look at. */
const CHAIN_ERRORS: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed (set ca, or verify = false)'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its root is not known here (set ca)'],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'its issuer is not known here; does the server send the intermediate certificate?',
  ],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the issuer of its issuer is not known here (set ca)'],
  ['CERT_HAS_EXPIRED', 'a certificate in its chain has expired'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'an issuer in its chain is missing'],
]);

import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { type CertificateJudgement, judgeCertificate } from './certificate.ts';
import { explainSocket } from './connection.ts';
import { ProbeFailure } from './errors.ts';
import type { CertificateOptions } from './probe-options.ts';
import type { ProbeRun } from './probe-run.ts';

/** What a handshake is made with. */
export interface HandshakeOptions {
  /** How the certificate is judged. */
  readonly certificate: CertificateOptions;
  readonly trust: SecureContext;
  /** SNI, when it is a name; and what the certificate has to be for. */
  readonly serverName: string;
  readonly alpn?: readonly string[] | undefined;
  /** Of the wall clock. */
  readonly nowMs: number;
}

/** A connection after its handshake. */
export interface SecuredConnection {
  readonly socket: TLSSocket;
  readonly judgement: CertificateJudgement;
}

/**
 * Makes the TLS handshake on a connection of the run, and judges the certificate. A handshake that does not succeed
 * and a certificate that is not accepted fail the run; no application data has been sent then.
 */
export async function secure(
  run: ProbeRun,
  connection: Socket,
  { certificate, trust, serverName, alpn, nowMs }: HandshakeOptions,
): Promise<SecuredConnection> {
  const name = serverName.replace(/\.$/, ''); // RFC 6066 §3: without the last dot
  const isAddress = isIP(name) !== 0;
  const where = `${connection.remoteAddress ?? ''} port ${connection.remotePort ?? ''}`;
  const socket = await run.until<TLSSocket>('the TLS handshake', (resolve) => {
    const securing = connect({
      socket: connection,
      secureContext: trust,
      servername: isAddress ? '' : name,
      // judged below, where there is more to say than OpenSSL's word
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    });
    run.onEnd(() => securing.destroy());
    securing.on('error', (error) => run.failWith(explain(error, where, run.waitingFor)));
    securing.on('secureConnect', () => resolve(securing));
  });
  const judgement = judgeCertificate(
    { certificate: socket.getPeerCertificate(), chainError: chainErrorOf(socket), name },
    certificate,
    nowMs,
  );
  if (judgement.problem !== undefined) throw new ProbeFailure(judgement.problem);
  return { socket, judgement };
}

// --- helpers ---

function explain(error: Error, where: string, waitingFor: string): ProbeFailure {
  const code = 'code' in error ? String(error.code) : '';
  if (!code.startsWith('ERR_SSL_')) return explainSocket(error, where, waitingFor);
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : messageOf(error);
  return new ProbeFailure(`no TLS with ${where}: ${reason}`, { cause: error });
}

/** Typed as an error, it is OpenSSL's word. */
function chainErrorOf({ authorized, authorizationError }: TLSSocket): string | undefined {
  return authorized ? undefined : String(authorizationError ?? 'no verdict');
}

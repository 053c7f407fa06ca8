import { DnsProbe } from './dns-probe.ts';
import { ExecProbe } from './exec-probe.ts';
import { HttpProbe } from './http-probe.ts';
import { IcmpProbe } from './icmp-probe.ts';
import type { ProbeOptions } from './probe-options.ts';
import type { Probe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';
import { TcpProbe } from './tcp-probe.ts';
import { TlsProbe } from './tls-probe.ts';

/**
 * Makes the probe of these options. Throws {@link ProbeOptionsError} when they cannot be used (a pattern that is none, a
 * certificate that is none), and {@link ProbeUnavailableError} when this system cannot probe so (icmp only).
 */
export function makeProbe(options: ProbeOptions, tools: ProbeTools): Probe {
  switch (options.kind) {
    case 'http':
    case 'https':
      return new HttpProbe(options, tools);
    case 'tcp':
      return new TcpProbe(options, tools);
    case 'tls':
      return new TlsProbe(options, tools);
    case 'dns':
      return new DnsProbe(options, tools);
    case 'icmp':
      return new IcmpProbe(options, tools);
    case 'exec':
      return new ExecProbe(options, tools);
    default:
      return options satisfies never;
  }
}

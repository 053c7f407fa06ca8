import type { ProbeOptions } from './probes/probe-options.ts';

/** What is other about probing one member. */
export interface Aim {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly host?: string | undefined;
}

/** What a probe is pointed at. */
export interface AimedMember {
  /** Its data in presentation format: an address, or an absolute name. */
  readonly member: string;
  /** The name that it is a member of, absolute; `undefined` for references. */
  readonly owner: string | undefined;
  readonly aim: Aim;
}

/**
 * The options of a probe for one member. What the member says of itself wins, then what the probe says, then the
 * member's own address; the Host header, and the name of a certificate, are the name looked after unless another is said.
 */
export function aimProbe(options: ProbeOptions, { member, owner, aim }: AimedMember): ProbeOptions {
  const said = 'address' in options ? options.address : undefined;
  const address = aim.address ?? (said === undefined || said === '' ? withoutDot(member) : said);
  const port = aim.port === undefined ? {} : { port: aim.port };
  const site = owner === undefined || owner.startsWith('*') ? undefined : withoutDot(owner);
  switch (options.kind) {
    case 'http':
    case 'https': {
      const host = aim.host ?? options.host ?? site;
      const { path = options.path } = aim;
      return {
        ...options,
        address,
        ...port,
        ...(path === undefined ? {} : { path }),
        ...(host === undefined ? {} : { host }),
      };
    }
    case 'tls': {
      const serverName = options.serverName ?? aim.host ?? site;
      return { ...options, address, ...port, ...(serverName === undefined ? {} : { serverName }) };
    }
    case 'exec': {
      const name = options.name ?? site;
      return { ...options, address, ...port, ...(name === undefined ? {} : { name }) };
    }
    case 'tcp':
    case 'dns':
      return { ...options, address, ...port };
    case 'icmp':
      return { ...options, address };
    default:
      return options satisfies never;
  }
}

function withoutDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

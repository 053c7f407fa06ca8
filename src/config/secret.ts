/** Octets that no log, no error and no dump shows: only who asks for them gets them. */
export class Secret {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets.slice();
  }

  /** How many octets it has. */
  get length(): number {
    return this.#octets.length;
  }

  /** The octets themselves, a copy. */
  reveal(): Uint8Array {
    return this.#octets.slice();
  }

  toString(): string {
    return '(a secret)';
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Reads base64 (RFC 4648 §4, with padding); white space does not matter. `undefined` when it is not that. */
export function scanSecret(text: string): Secret | undefined {
  const base64 = text.replaceAll(/\s/g, '');
  const octets = Buffer.from(base64, 'base64');
  return octets.toString('base64') === base64 ? new Secret(octets) : undefined;
}

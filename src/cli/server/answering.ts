import { join } from 'node:path';
import { RawResponder } from '../../answer/raw-responder.ts';
import { Responder, type ResponderOptions } from '../../answer/respond.ts';
import type { Effects } from '../../base/effects.ts';
import { messageOf } from '../../base/errors.ts';
import type { Timers } from '../../base/timers.ts';
import type { Config } from '../../config/settings.ts';
import type { ImageMemory } from '../../image/layout.ts';
import { RetiredMemory } from '../../serve/retired-memory.ts';
import type { ThreadShared } from '../../serve/thread-answerer.ts';
import { CookieSecrets } from '../../store/cookie-secrets.ts';
import { Opcode } from '../../wire/iana.ts';

/** What answering needs of the rest of the server. */
export interface AnsweringOptions {
  readonly config: Pick<Config, 'data' | 'udp' | 'identity'>;
  readonly effects: Effects;
  readonly timers: Timers;
  /** The first generation of the zone image. */
  readonly memory: ImageMemory;
  /** The first tables of where networks are. */
  readonly geo: SharedArrayBuffer | undefined;
}

/** The query threads, as those see them who have a new generation for them. */
interface Readers {
  /** Resolves when whatever is asked from then on is answered from `shared` or something newer. */
  publish(shared: unknown): Promise<void>;
}

/** From what and how all threads answer: the newest generation of the zone image, location data, options, cookie secrets. */
export class Answering {
  /** Answers from the image on this thread: everything over TCP, and what query threads leave to it. */
  readonly responder: Responder;
  /** Answers those who may see what is stored. */
  readonly rawResponder: RawResponder;
  readonly #options: ResponderOptions;
  readonly #cookies: CookieSecrets;
  readonly #effects: Effects;
  readonly #timers: Timers;
  #memory: ImageMemory;
  #geo: SharedArrayBuffer | undefined;
  #geoEdition = 0;
  readonly #retired = new RetiredMemory();
  #readers: Readers | undefined;
  #published: Promise<void> = Promise.resolve();
  #stopRotation: () => void = () => {};

  /** Reads the cookie secrets of the data directory, or makes them. Throws StoreError. */
  constructor({ config, effects, timers, memory, geo }: AnsweringOptions) {
    this.#effects = effects;
    this.#timers = timers;
    this.#memory = memory;
    this.#geo = geo;
    this.#cookies = new CookieSecrets(join(config.data, 'cookie-secrets'), effects);
    this.#options = {
      maxPayload: config.udp.maxPayload,
      nsid: config.identity.nsid,
      chaos: { version: config.identity.version, hostname: config.identity.hostname },
      cookieSecrets: this.#cookies.memory,
      lateOpcodes: [Opcode.QUERY, Opcode.UPDATE, Opcode.NOTIFY],
    };
    this.responder = new Responder(memory, this.#options, effects.nowMs, geo);
    this.rawResponder = new RawResponder(this.#options, effects.nowMs);
  }

  /** What a thread needs to answer as this one does now. */
  get shared(): ThreadShared {
    return { memory: this.#memory, options: this.#options, geo: this.#geo, geoEdition: this.#geoEdition };
  }

  /** Has every thread go over to a new generation of the image. */
  publish(memory: ImageMemory): void {
    const old = this.#memory.image.byteLength;
    this.#memory = memory;
    this.#hand(old);
  }

  /** Has every thread go over to other location data. */
  publishGeo(geo: SharedArrayBuffer | undefined): void {
    const old = this.#geo?.byteLength ?? 0;
    this.#geo = geo;
    this.#geoEdition++;
    this.#hand(old);
  }

  /** Resolves when all threads answer from the newest generation. */
  published(): Promise<void> {
    return this.#published;
  }

  /** Takes in threads that were started with `since`: what came meanwhile is given to them at once. */
  join(readers: Readers, since: ThreadShared): void {
    this.#readers = readers;
    if (since.memory.image !== this.#memory.image || since.geo !== this.#geo) this.#hand(0);
  }

  /** Makes a new cookie secret now and then (RFC 9018 §5), from now on. */
  startRotation(): void {
    this.#stopRotation = this.#timers.every(COOKIE_CHECK_MS, () => this.#rotate());
  }

  stopRotation(): void {
    this.#stopRotation();
  }

  /** Hands all threads what there is now; nobody needs `old` octets any more when they have it. */
  #hand(old: number): void {
    this.responder.take(this.#memory, this.#geo);
    this.#published = this.#readers?.publish(this.shared) ?? this.#published;
    void this.#published.then(() => this.#retired.note(old));
  }

  #rotate(): void {
    const { log } = this.#effects;
    try {
      if (this.#cookies.rotateWhenDue()) log.info('serve: made a new cookie secret');
    } catch (error) {
      log.error('serve: keeping the old cookie secret', { error: messageOf(error) });
    }
  }
}

const COOKIE_CHECK_MS = 60_000;

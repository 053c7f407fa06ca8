import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanAddress } from '../../src/base/ip.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { findOption, parseExtendedError } from '../../src/message/edns.ts';
import type { Message } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { type TsigKey, TsigKeyRing } from '../../src/message/tsig-key.ts';
import type { ReplyOutcome } from '../../src/message/tsig-reply.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Dispatcher, type DispatchOptions } from '../../src/serve/dispatch.ts';
import type { RequestHandler } from '../../src/serve/opened-request.ts';
import { composeReply } from '../../src/serve/reply.ts';
import { UpdateHandler, type UpdateHandlerOptions } from '../../src/serve/update-handler.ts';
import { CommitQueue } from '../../src/store/commit-queue.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import type { UpdateRules } from '../../src/update/permission.ts';
import { EdnsOption, showRcode } from '../../src/wire/iana.ts';
import { type DomainName, equalNames, isSubdomain } from '../../src/wire/name.ts';
import { serialOf } from '../../src/zone/serial.ts';
import { FakeEffects } from './effects.ts';
import { MapImage } from './map-image.ts';
import { name, rr } from './rr.ts';
import { tsigKey } from './tsig.ts';

/** What came back from a {@link DispatchedZone}. */
export interface Dispatched {
  readonly octets: Uint8Array;
  readonly message: Message;
  /** Mnemonic. */
  readonly rcode: string;
  /** Text of the Extended DNS Error. */
  readonly why: string | undefined;
  /** For signed requests: what the reply's signature is worth. */
  readonly signature: ReplyOutcome['kind'] | undefined;
}

/** How a request is sent. */
export interface Sending {
  readonly key?: TsigKey;
  readonly from?: string;
  readonly overTcp?: boolean;
  /** The client's clock beside the server's, in seconds. */
  readonly skewSeconds?: number;
}

/** A dispatcher over a real database in a directory of its own; time stands unless the test turns it. */
export class DispatchedZone {
  readonly apex: DomainName;
  readonly effects = new FakeEffects();
  readonly key = tsigKey('deploy.');
  readonly monitor = tsigKey('mon.');
  readonly queue: CommitQueue;
  readonly dispatcher: Dispatcher;
  readonly image: MapImage;
  readonly #directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  readonly #database: ZoneDatabase;

  constructor(
    apex: string,
    records: readonly string[],
    rules: UpdateRules,
    options: Partial<UpdateHandlerOptions & DispatchOptions> = {},
  ) {
    this.apex = name(apex);
    this.#database = new ZoneDatabase(this.#directory);
    const database = this.#database;
    this.image = new MapImage((zone) => database.view(zone));
    const writer = new ZoneWriter({ database, image: this.image, effects: this.effects });
    const packed = new PackedRecords(this.apex, 0);
    for (const line of records) packed.add(rr(line, apex));
    const sorted = finish(sortRecords(packed));
    const id = finish(stageZone(database, sorted, []));
    const by = { kind: 'file', name: `${apex}.zone` } as const;
    finish(writer.adopt([{ id, view: new SortedZoneView(sorted), records: records.length, by }]));
    this.queue = new CommitQueue({ writer });
    const update = new UpdateHandler({
      queue: this.queue,
      zoneAbove: (asked) => (isSubdomain(asked, this.apex) ? this.apex : undefined),
      rulesOf: (asked) => (equalNames(asked, this.apex) ? rules : { apex: asked, grants: [] }),
      zonesOf: () => [],
      published: async () => {},
      effects: this.effects,
      ...options,
    });
    const keys = new TsigKeyRing([this.key, this.monitor]);
    this.dispatcher = new Dispatcher({
      keys: () => keys,
      query: ECHO,
      transfer: ECHO,
      update,
      notify: ECHO,
      maxPayload: 1232,
      effects: this.effects,
      ...options,
    });
  }

  /** The database's file. */
  get path(): string {
    return this.#database.path;
  }

  get serial(): number {
    return serialOf(this.#database.view(this.apex));
  }

  close(): void {
    this.#database.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Sends a message, signed with the key that is given, and takes its one reply apart. */
  async ask(message: Message, sending: Sending = {}): Promise<Dispatched> {
    const nowS = this.effects.now / 1000 + (sending.skewSeconds ?? 0);
    const plain = composeMessage(message);
    const signed = sending.key === undefined ? undefined : signRequest(plain, sending.key, nowS);
    const octets = await this.send(signed?.octets ?? plain, sending);
    const parsed = parseMessage(octets);
    const option = findOption(parsed.edns, EdnsOption.EXTENDED_ERROR);
    return {
      octets,
      message: parsed,
      rcode: showRcode(parsed.rcode),
      why: option === undefined ? undefined : parseExtendedError(option.data).extraText,
      signature: signed?.replies.verify(octets, parsed, nowS).kind,
    };
  }

  /** Sends octets as they are; throws unless just one reply comes. */
  async send(octets: Uint8Array, sending: Sending = {}): Promise<Uint8Array> {
    const replies = await this.sendAny(octets, sending);
    const [reply] = replies;
    if (reply === undefined || replies.length > 1) throw new Error(`${replies.length} replies`);
    return reply;
  }

  async sendAny(
    octets: Uint8Array,
    { from = '192.0.2.200', overTcp = false }: Sending = {},
  ): Promise<Uint8Array[]> {
    const replies: Uint8Array[] = [];
    const address = scanAddress(from) ?? new Uint8Array(4);
    await this.dispatcher.answerLate({ octets, address, port: 5353, overTcp }, async (reply) => {
      replies.push(reply);
      return true;
    });
    return replies;
  }
}

/** Runs a generator to its end; gives what it returns. */
function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Says in the AA flag that it was asked. */
const ECHO: RequestHandler = {
  async handle({ message, room }, reply) {
    await reply(composeReply(message, { rcode: 0, isAuthoritative: true }, room));
  },
};

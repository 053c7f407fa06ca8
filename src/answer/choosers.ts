import { NumberRoom } from '../geo/kept-numbers.ts';
import type { GeoTables } from '../geo/tables.ts';
import { PLAN_WORDS, PlanWord } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { Chooser } from '../steer/chooser.ts';
import { parseChoosing } from '../steer/choosing.ts';

/**
 * The choosers of the steered RRsets a thread has met. RRsets with the same members and rules share one, whatever their
 * names; it stays while other things about them change.
 */
export class Choosers {
  #tables: GeoTables;
  readonly #roomOctets: number;
  /** Made when something is steered: an engine counts it, though memory that is not used is not there. */
  #room: NumberRoom | undefined;
  #networkRoom: NumberRoom | undefined;
  /** By the lower half of the key of their choosing. */
  readonly #known = new Map<number, KnownChooser>();

  constructor(tables: GeoTables, roomOctets: number = ROOM_OCTETS) {
    this.#tables = tables;
    this.#roomOctets = roomOctets;
  }

  /** Goes over to other tables: what was chosen by the old ones is forgotten. */
  take(tables: GeoTables): void {
    this.#tables = tables;
    for (const { chooser } of this.#known.values()) chooser.forget();
    this.#known.clear();
  }

  /** The chooser of a steered RRset; made when the thread first meets its choosing. */
  of(image: ImageReader, rrset: number): Chooser {
    const low = (image.words[rrset + PlanWord.KEY_LOW] ?? 0) & SMALL;
    const high = image.words[rrset + PlanWord.KEY_HIGH] ?? 0;
    const known = this.#known.get(low);
    if (known !== undefined && known.high === high) {
      known.isUsed = true;
      return known.chooser;
    }
    known?.chooser.forget();
    const length = image.words[rrset + PlanWord.CHOOSING_OCTETS] ?? 0;
    const at = (rrset - PLAN_WORDS - ((length + 3) >>> 2)) * 4;
    const choosing = parseChoosing(image.octets.slice(at, at + length));
    this.#room ??= new NumberRoom(this.#roomOctets);
    this.#networkRoom ??= new NumberRoom(NETWORK_OCTETS);
    const chooser = new Chooser(choosing, this.#tables, this.#room, this.#networkRoom);
    this.#known.delete(low);
    this.#makeRoom();
    this.#known.set(low, { high, chooser, isUsed: true });
    return chooser;
  }

  /** Drops the oldest that was not used since it was last looked at. */
  #makeRoom(): void {
    while (this.#known.size >= MAX_CHOOSERS) {
      for (const [low, known] of this.#known) {
        this.#known.delete(low);
        if (known.isUsed) {
          known.isUsed = false;
          this.#known.set(low, known);
          continue;
        }
        known.chooser.forget();
        break;
      }
    }
  }
}

interface KnownChooser {
  /** The upper half of the key. */
  readonly high: number;
  readonly chooser: Chooser;
  isUsed: boolean;
}

/** Choosers of a thread; each takes some ten thousand octets. */
const MAX_CHOOSERS = 4096;
/**
 * What a thread keeps about locations: 16 bits for each that a choosing has met. A city database has up to 700,000, so this is
 * all of them for 90 choosings; of more choosings, those locations that are asked for.
 */
const ROOM_OCTETS = 128 * 2 ** 20;
/** What a thread keeps about networks of /17 to /24: all of IPv4, for one choosing. */
const NETWORK_OCTETS = 32 * 2 ** 20;
/** A number without a sign that is no object in V8. */
const SMALL = 0x3fff_ffff;

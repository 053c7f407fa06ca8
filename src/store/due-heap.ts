/** What falls due, the soonest first. Whatever is no longer meant is passed over when it comes to the top. */
export class DueHeap<T> {
  /** A binary heap. */
  #items: { readonly due: number; readonly what: T }[] = [];
  readonly #isMeant: (what: T, due: number) => boolean;

  /** `isMeant`: whether `what` still falls due then. */
  constructor(isMeant: (what: T, due: number) => boolean) {
    this.#isMeant = isMeant;
  }

  /** Items held, those no longer meant included. */
  get size(): number {
    return this.#items.length;
  }

  /** When the first falls due; `undefined` when nothing does. */
  get next(): number | undefined {
    this.#dropStale();
    return this.#items[0]?.due;
  }

  add(due: number, what: T): void {
    const items = this.#items;
    let at = items.length;
    items.push({ due, what });
    for (let up = (at - 1) >> 1; at > 0 && this.#dueAt(up) > due; at = up, up = (at - 1) >> 1)
      this.#swap(at, up);
  }

  /** Takes out the first, when it falls due at `now` or before. */
  take(now: number): T | undefined {
    this.#dropStale();
    const [first] = this.#items;
    if (first === undefined || first.due > now) return undefined;
    this.#drop();
    return first.what;
  }

  /** Forgets everything that is no longer meant. */
  compact(): void {
    const meant = this.#items.filter(({ what, due }) => this.#isMeant(what, due));
    this.#items = meant.sort((a, b) => a.due - b.due); // a sorted list is a heap
  }

  #dropStale(): void {
    for (;;) {
      const [first] = this.#items;
      if (first === undefined || this.#isMeant(first.what, first.due)) return;
      this.#drop();
    }
  }

  /** Takes out the first. */
  #drop(): void {
    const items = this.#items;
    this.#swap(0, items.length - 1);
    items.pop();
    for (let at = 0; ; ) {
      let least = at;
      for (const down of [2 * at + 1, 2 * at + 2]) {
        if (down < items.length && this.#dueAt(down) < this.#dueAt(least)) least = down;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #dueAt(at: number): number {
    return this.#items[at]?.due ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#items[a], this.#items[b]];
    if (first === undefined || second === undefined) return;
    this.#items[a] = second;
    this.#items[b] = first;
  }
}

/**
 * Takes turns: work that writes to the database over several turns of the event loop (loading zone files, taking in a
 * transfer) is done one after the other, in the order in which it was asked for.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` when all that came before has ended, well or badly. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

import { breathe } from '../../store/slices.ts';

/** A load was given up because the server stops; what it had done is kept. No error of a zone or the database. */
export class StoppingError extends Error {
  constructor() {
    super('given up: the server is stopping');
  }
}

/** Whether the server stops: what takes many turns of the event loop asks it on the way. */
export class Stopping {
  #isStopping = false;

  /** From now on {@link expectRunning} and {@link breathe} throw. */
  begin(): void {
    this.#isStopping = true;
  }

  /** Throws {@link StoppingError} when the server stops. */
  expectRunning(): void {
    if (this.#isStopping) throw new StoppingError();
  }

  /** Lets sockets and signals have their turn. Rejects with {@link StoppingError} when the server stops. */
  async breathe(): Promise<void> {
    await breathe();
    this.expectRunning();
  }
}

/** Shows the newest of what is offered, but never while it is pointed at: what one is about to take must not move. */
export class Held<T> {
  #next: { value: T } | null = null;
  #held = false;
  readonly #show: (value: T) => void;

  constructor(show: (value: T) => void) {
    this.#show = show;
  }

  /** Something newer waits to be shown. */
  get waiting(): boolean {
    return this.#next !== null;
  }

  offer(value: T): void {
    if (this.#held) this.#next = { value };
    else this.#show(value);
  }

  /** Begin or end pointing; the end shows what has waited. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.release();
  }

  release(): void {
    const next = this.#next;
    this.#next = null;
    if (next) this.#show(next.value);
  }
}

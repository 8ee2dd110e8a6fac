/** The `limit` best of all items offered, best first; of equal ones, the one offered first is the better. */
export class TopList<Item> {
  readonly #limit: number;
  readonly #rank: (item: Item) => number;
  readonly #items: Item[] = [];
  /** The rank of the last item. Where there is no place, no rank is better. */
  #last = Number.POSITIVE_INFINITY;

  constructor(limit: number, rank: (item: Item) => number) {
    this.#limit = limit;
    this.#rank = rank;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  /** Whether an item of this rank would be taken. */
  takes(rank: number): boolean {
    return this.#items.length < this.#limit || rank > this.#last;
  }

  offer(item: Item): void {
    const rank = this.#rank(item);
    if (!this.takes(rank)) return;
    let place = this.#items.length;
    while (place > 0 && this.#rank(this.#items[place - 1]!) < rank) place--;
    this.#items.splice(place, 0, item);
    if (this.#items.length > this.#limit) this.#items.pop();
    this.#last = this.#rank(this.#items.at(-1)!);
  }
}

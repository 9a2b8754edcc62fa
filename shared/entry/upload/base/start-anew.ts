/** What is there already cannot be built upon after all: the upload begins again without it, and sends everything. */
export class StartAnew extends Error {}

/** Something changes, and the entry is to be compacted when it does: the upload begins again, and moves what these layers hold. */
export class CompactFirst extends Error {
  readonly layers: ReadonlySet<number>;

  constructor(layers: ReadonlySet<number>) {
    super();
    this.layers = layers;
  }
}

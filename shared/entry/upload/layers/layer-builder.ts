/** Makes new layers, and blocks for the index, of the changed paths. Within a phase the paths come in path order. */
import { EFFORTS } from '../../../archive/pack/compress.ts';
import { FramePlanner } from '../../../archive/pack/frame-planner.ts';
import type { Unit } from '../../../archive/pack/frame-planner.ts';
import type { FileState } from '../../../archive/files/state/file-state.ts';
import type { PackPool } from '../../../archive/pack/pack-pool.ts';
import type { PackFailure, PackItem, PackSettings } from '../../../archive/pack/pack-task.ts';
import type { Pace } from '../../../pace.ts';
import { comparePaths } from '../../../archive/paths/path.ts';
import { EntryBlockWriter } from '../../../archive/index/entry-block.ts';
import type { EntryBlock } from '../../../archive/index/entry-block.ts';
import type { TreeEntry } from '../../../archive/entries/tree-entry.ts';
import type { Store } from '../../../store/store.ts';
import type { Foundation } from '../base/foundation.ts';
import type { Again } from '../base/premise.ts';
import type { Changes } from './changes.ts';
import { LayerUploads } from './layer-uploads.ts';
import type { LayerUploadsOptions } from './layer-uploads.ts';
import { NewDirectories } from './new-directories.ts';
import { currentItem } from './pack-items.ts';
import type { SizedItem } from './pack-items.ts';

/** Further attempts at files that changed while they were packed. */
const FURTHER_ROUNDS = 2;

interface LayerBuilderOptions {
  readonly store: Store;
  readonly pool: PackPool;
  readonly settings: PackSettings;
  readonly maxBlobBytes: number;
  readonly pace: Pace;
  /** Called before the first change: what it builds upon, or what to do instead. */
  readonly beforeChange: () => Promise<Foundation | Again>;
  readonly onProgress: (bytesSent: number) => void;
  readonly signal: AbortSignal | undefined;
}

export class LayerBuilder {
  readonly #options: LayerBuilderOptions;
  readonly #changed: EntryBlock[][] = [];
  readonly #touched: EntryBlock[][] = [];
  readonly #uploads: LayerUploads[] = [];
  readonly #leftOut: string[] = [];
  #planner = new FramePlanner();
  #touching = new EntryBlockWriter();
  #describing = new EntryBlockWriter();
  #foundation: Foundation | undefined;
  #refusal: Again | undefined;
  /** Paths to hide in the layers of the base. */
  readonly #whiteouts: string[] = [];
  readonly #newDirectories = new NewDirectories();
  #described = 0;
  /** Layers begun so far. */
  #ids = 0;

  constructor(options: LayerBuilderOptions) {
    this.#options = options;
  }

  /** Why there will be no layers. Once it is set, the builder takes no more changes. */
  get refusal(): Again | undefined {
    return this.#refusal;
  }

  /** Settles when another change may come; nothing where it may come at once, as after most items: a promise for each would take time. */
  pack(item: PackItem, size = 0): Promise<void> | undefined {
    if (this.#foundation === undefined) return this.#packFirst(item, size);
    this.#newDirectories.note(item.path);
    const units = this.#planner.add(item, size);
    return units.length === 0 ? undefined : this.#sendAll(units);
  }

  async #packFirst(item: PackItem, size: number): Promise<void> {
    if (await this.#mayChange()) await this.pack(item, size);
  }

  /** A known entry with another mode or time: its tar entry stays. */
  async describe(entry: TreeEntry, state: FileState): Promise<void> {
    if (!(await this.#mayChange())) return;
    this.#describing.add(entry, state);
    this.#described++;
  }

  /** A directory that was not there before; it comes before what is in it. */
  async packDirectory(item: PackItem): Promise<void> {
    await this.pack(item);
    if (this.#foundation?.pathsEver !== undefined) this.#newDirectories.add(item.path);
  }

  /** A known path that is gone, with all below it. */
  async remove(path: string): Promise<void> {
    if (!(await this.#mayChange())) return;
    this.#whiteouts.push(path);
    this.#describing.add({ type: 'deleted', path }, undefined);
  }

  /** A known entry that is the same, found so by looking. */
  touch(entry: TreeEntry, state: FileState): void {
    this.#touching.add(entry, state);
  }

  /** What comes after it need not sort after what came before. */
  async endPhase(): Promise<void> {
    for (const unit of this.#planner.finish()) await this.#shared().add(unit);
    for (const uploads of this.#uploads) this.#changed.push([...(await uploads.flush())]);
    this.#changed.push(this.#describing.finish());
    this.#touched.push(this.#touching.finish());
    this.#describing = new EntryBlockWriter();
    this.#touching = new EntryBlockWriter();
  }

  /** Packs all into one layer, as names of one file have to be; a phase of its own. */
  async packTogether(items: readonly SizedItem[]): Promise<void> {
    if (items.length === 0) return;
    if (!(await this.#mayChange())) return;
    for (const { item } of items) this.#newDirectories.note(item.path);
    await this.#oneLayer(items, { takeId: () => this.#takeId(), hides: false });
  }

  async #mayChange(): Promise<boolean> {
    if (this.#foundation !== undefined) return true;
    if (this.#refusal !== undefined) return false;
    const ground = await this.#options.beforeChange();
    if (ground.kind === 'foundation') this.#foundation = ground;
    else this.#refusal = ground;
    return this.#foundation !== undefined;
  }

  async #oneLayer(items: readonly SizedItem[], layer: Pick<LayerUploadsOptions, 'takeId' | 'hides'>): Promise<void> {
    const uploads = this.#open({ oneLayer: true, ...layer });
    const planner = new FramePlanner();
    for (const { item, size } of items) for (const unit of planner.add(item, size)) await uploads.add(unit);
    for (const unit of planner.finish()) await uploads.add(unit);
    await this.endPhase();
  }

  /** Whiteouts have a layer of their own: in a layer with other things crane loses some of these. */
  async #hide(paths: readonly string[], takeId: () => number): Promise<void> {
    if (paths.length === 0) return;
    await this.#oneLayer(
      paths.toSorted(comparePaths).map((path) => ({ item: { kind: 'whiteout', path }, size: 0 })),
      { takeId, hides: true },
    );
  }

  /** Tries again what changed while it was packed; what does not hold still, or is gone, is hidden. */
  async finish(): Promise<Changes> {
    const lost = await this.#packAgain();
    for (const path of lost) this.#describing.add({ type: 'deleted', path }, undefined);
    await this.#hideInNewDirectories();
    await this.#hide(this.#whiteouts, () => this.#foundation?.firstLayer ?? 0);
    await this.#hide(lost, () => this.#takeId());
    await this.endPhase();
    return {
      layers: this.#uploads.flatMap((uploads) => uploads.layers).toSorted((a, b) => a.id - b.id),
      changed: this.#changed.filter((blocks) => blocks.length > 0),
      touched: this.#touched.filter((blocks) => blocks.length > 0),
      bytesSent: this.#sum((uploads) => uploads.bytesSent),
      files: this.#sum((uploads) => uploads.files),
      bytes: this.#sum((uploads) => uploads.bytes),
      leftOut: this.#leftOut,
      described: this.#described,
      efforts: EFFORTS.map((_, effort) => this.#sum(({ efforts }) => efforts[effort] ?? 0)),
    };
  }

  /** Packs again what changed while it was packed. Gives the paths, in order, that layers hold and the tree has no more. */
  async #packAgain(): Promise<readonly string[]> {
    const lost = new Set<string>();
    const spoiled = new Set<string>();
    let failures = this.#takeFailures();
    for (let round = 1; failures.length > 0; round++) {
      for (const { path, reason } of failures) if (reason === 'spoiled') spoiled.add(path);
      for (const path of failures.map((failure) => failure.path).toSorted(comparePaths)) {
        const item = currentItem(this.#options.settings.root, path);
        if (item === undefined) lost.add(path);
        // A directory that replaced something else is not tried again: nobody has looked for what is in it.
        else if (round <= FURTHER_ROUNDS && item.item.kind !== 'directory') await this.pack(item.item, item.size);
        else this.#leftOut.push(path);
      }
      await this.endPhase();
      failures = this.#takeFailures();
    }
    for (const path of this.#leftOut) lost.add(path);
    const inLayers = [...lost].filter((path) => this.#foundation?.hasBase === true || spoiled.has(path));
    return inLayers.toSorted(comparePaths);
  }

  async #hideInNewDirectories(): Promise<void> {
    if (this.#newDirectories.areNone) return;
    const ever = (await this.#foundation?.pathsEver?.()) ?? [];
    for (const path of await this.#options.pace.run(this.#newDirectories.hidden(ever))) this.#whiteouts.push(path);
  }

  async abandon(reason: unknown): Promise<void> {
    await Promise.all(this.#uploads.map((uploads) => uploads.abandon(reason)));
  }

  /** Something comes after these units, so there is use for threads. */
  async #sendAll(units: readonly Unit[]): Promise<void> {
    this.#options.pool.useThreads();
    for (const unit of units) await this.#shared().add(unit);
  }

  #shared(): LayerUploads {
    return this.#uploads[0] ?? this.#open({ oneLayer: false, hides: false, takeId: () => this.#takeId() });
  }

  #open(how: Pick<LayerUploadsOptions, 'oneLayer' | 'hides' | 'takeId'>): LayerUploads {
    const { store, pool, settings, maxBlobBytes, signal } = this.#options;
    const uploads = new LayerUploads({
      store,
      pool,
      settings,
      maxBlobBytes,
      ...how,
      onProgress: () => this.#options.onProgress(this.#sum((each) => each.bytesSent)),
      signal,
    });
    this.#uploads.push(uploads);
    return uploads;
  }

  #takeId(): number {
    return (this.#foundation?.firstLayer ?? 0) + 1 + this.#ids++;
  }

  #takeFailures(): PackFailure[] {
    return this.#uploads.flatMap((uploads) => uploads.failures.splice(0));
  }

  #sum(value: (uploads: LayerUploads) => number): number {
    return this.#uploads.reduce((total, uploads) => total + value(uploads), 0);
  }
}

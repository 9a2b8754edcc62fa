/** Restores an ordinary image, made by any tool. All its layers are staged, one over the other, before the workspace changes. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { commit } from '../../archive/commit/commit.ts';
import { ContentCheck } from '../../archive/stat-cache/content-check.ts';
import { holdsExcluded } from '../../archive/files/walk/excluded.ts';
import { LayerTree, type ImageCounts } from '../../archive/image/layer-tree.ts';
import { at, setAttributes } from '../../archive/files/attributes.ts';
import { DirectoryAttributes } from '../../archive/image/directory-attributes.ts';
import { overlayLayer } from '../../archive/image/overlay-layer.ts';
import { fsPath } from '../../archive/paths/path.ts';
import { removeTree } from '../../archive/files/remove-tree.ts';
import { RestorePlan } from '../../archive/restore/restore-plan.ts';
import { relationOf, selectionOf, type Selection } from '../../archive/paths/selection.ts';
import { hasStagedContent, PrepareStaged, stagedEntries } from '../../archive/restore/staged-tree.ts';
import { Staging } from '../../archive/commit/staging.ts';
import { TarReader } from '../../archive/tar/tar-reader.ts';
import { walk } from '../../archive/files/walk/walk.ts';
import type { Pace } from '../../pace.ts';
import type { Descriptor } from '../../store/store.ts';
import { FREE_BYTES } from '../entry.ts';
import type { FetchWork, Restored } from './fetch-work.ts';
import type { EntryOrigin } from '../manifest/manifest.ts';
import { imageLayers, type ImageLayer } from '../manifest/image-manifest.ts';
import { readLayer } from './layer-stream.ts';

/** Restores an image of another tool. Undefined for one that has nothing of the chosen paths: who trusts such a hit would build without a cache. */
export async function restoreImage(work: FetchWork): Promise<Restored | undefined> {
  const { request, manifest, workspace } = work;
  const layers = imageLayers(manifest);
  checkSizes(work, layers);
  const selection = selectionOf(request.paths, request.exclude);
  const staging = Staging.create(workspace.state, workspace.holder);
  try {
    const image = new Image(work, staging, selection, layers);
    for (const layer of layers) await image.add(layer);
    const { size, files, isChosen } = await plan(work, staging, { selection, directories: image.directories });
    // What was an entry says itself which paths it is of.
    if (!isChosen && request.paths.length > 0 && work.origin === undefined) return undefined;
    const unchanged = staging.operations === 0;
    if (!unchanged) await image.setDirectories();
    workspace.checkLock();
    const ofJournal = unchanged ? [] : await commit(staging, () => workspace.checkLock());
    return {
      size,
      files,
      bytesReceived: image.received,
      annotations: work.origin?.annotations ?? {},
      unchanged,
      notes: [...image.notes(), ...ofJournal, ...(await staging.discard())],
    };
  } finally {
    await staging.discard();
  }
}

/** Headers and padding are at most three blocks a member, and some for long names. */
const MEMBER_BYTES = 4096;

/** What an entry said may be much for few stored bytes, and as much again may be dead. It is bounded by the limits all the same. */
function bytesOf(origin: EntryOrigin | undefined): number {
  return origin === undefined ? 0 : 2 * (origin.size + origin.files * MEMBER_BYTES);
}

class Image {
  received = 0;
  readonly #work: FetchWork;
  readonly #staging: Staging;
  readonly #selection: Selection;
  readonly #maxTarBytes: number;
  readonly #pace: Pace;
  readonly #counts: ImageCounts = { bytes: 0, members: 0, special: 0 };
  readonly directories = new DirectoryAttributes();
  #tarBytes = 0;
  #isFirst = true;

  constructor(work: FetchWork, staging: Staging, selection: Selection, layers: readonly ImageLayer[]) {
    const { maxBytes, maxFiles, maxExpansion } = work.limits;
    this.#work = work;
    this.#pace = work.pace;
    this.#staging = staging;
    this.#selection = selection;
    const stored = layers.reduce((sum, { size }) => sum + size, 0);
    const expanded = Math.max(stored * maxExpansion, FREE_BYTES, bytesOf(work.origin));
    this.#maxTarBytes = Math.min(expanded, maxBytes + maxFiles * MEMBER_BYTES + FREE_BYTES);
  }

  /** The first layer is staged in its place; each other in a place of its own, then laid over. */
  async add(layer: ImageLayer): Promise<void> {
    const base = this.#staging.tree;
    const tree = this.#isFirst ? base : `${this.#staging.path}/layer`;
    if (!this.#isFirst) fs.mkdirSync(fsPath(tree), 0o700);
    const { request, limits } = this.#work;
    const replaced = `${this.#staging.path}/replaced`;
    const content = new LayerTree({
      tree,
      replaced,
      ...(this.#isFirst ? {} : { below: base }),
      selection: this.#selection,
      limits,
      counts: this.#counts,
    });
    const before = this.#counts.members;
    try {
      await this.#read(layer, content, request.signal);
    } catch (error) {
      const isNoTar =
        error instanceof CacheError && error.code === ERROR_CODES.InvalidImage && this.#counts.members === before;
      throw layer.file !== undefined && isNoTar ? fileAlone(layer.file, error.message, error) : error;
    } finally {
      content.close();
    }
    // A file of nothing is a tar of nothing, too: the tree would lack it.
    if (layer.file !== undefined && this.#counts.members === before) {
      throw fileAlone(layer.file, 'A layer of the image is empty.');
    }
    if (this.#isFirst) await this.#pace.run(this.directories.lay(content.directories));
    else {
      await this.#pace.run(overlayLayer(tree, { tree: base, directories: this.directories }, content));
      await removeTree(tree, this.#pace);
    }
    await removeTree(replaced, this.#pace);
    this.#isFirst = false;
  }

  async #read(layer: ImageLayer, content: LayerTree, signal: AbortSignal | undefined): Promise<void> {
    const { store, progress } = this.#work.request;
    const tar = new TarReader(content);
    await readLayer({
      store,
      layer,
      maxBytes: this.#maxTarBytes - this.#tarBytes,
      onReceived: (bytes) => {
        this.received += bytes;
        progress?.({ bytes: this.received, files: this.#counts.members });
      },
      onTar: (chunk) => {
        this.#tarBytes += chunk.length;
        tar.push(chunk);
      },
      signal,
    });
    tar.finish();
  }

  async setDirectories(): Promise<void> {
    await this.#pace.run(this.directories.apply(this.#staging.tree));
  }

  notes(): string[] {
    const { special } = this.#counts;
    return special === 0 ? [] : [`${special} devices and pipes of the image were left out.`];
  }
}

/** Tools such as oras push a file as it is, and call it a tar. */
function fileAlone(file: string, problem: string, cause?: unknown): CacheError {
  const message = `${problem} The layer is the file ${JSON.stringify(file.slice(0, 200))} alone: push the directory that holds it.`;
  return new CacheError(ERROR_CODES.InvalidImage, message, { cause });
}

async function plan(
  work: FetchWork,
  staging: Staging,
  { selection, directories }: { readonly selection: Selection; readonly directories: DirectoryAttributes },
): Promise<{ readonly size: number; readonly files: number; readonly isChosen: boolean }> {
  const { request, workspace, pace, older } = work;
  const restore = new RestorePlan({
    staging,
    selection,
    root: fs.statSync(fsPath(workspace.state.root)),
    found: walk(request.dir, selection, { special: 0 }),
    holdsExcluded: selection.hasExceptions ? (path) => holdsExcluded(workspace.state.root, path, selection) : undefined,
    hasContent: hasStagedContent(staging, new ContentCheck(workspace.state.root, undefined)),
    preparation: new PrepareStaged(directories),
    clean: request.clean,
  });
  let size = 0;
  let files = 0;
  let isChosen = false;
  for (const staged of stagedEntries(staging, directories)) {
    if (staged !== undefined) {
      const entry = older?.of(staged) ?? staged;
      if (entry !== staged) setAttributes(at(staging.tree, entry.path), entry);
      isChosen ||= relationOf(selection, entry.path) === 'inside';
      if (entry.type === 'file') size += entry.size;
      await pace.run(restore.add(files++, entry));
    }
    if (pace.isDue) await pace.rest();
  }
  await pace.run(restore.finish());
  return { size, files, isChosen };
}

function checkSizes({ limits }: FetchWork, layers: readonly Descriptor[]): void {
  const large = layers.find(({ size }) => size > limits.maxBlobBytes);
  if (large !== undefined) {
    throw new CacheError(
      ERROR_CODES.TooLarge,
      `The image has a blob of ${large.size} bytes, and ${limits.maxBlobBytes} are allowed.`,
    );
  }
}

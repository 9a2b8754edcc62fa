/** Lays a layer over those below, as a container's file system would. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { printable } from '../paths/path.ts';
import { isInTree } from '../files/in-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { at, isDirectory, statsAt } from '../files/attributes.ts';
import type { DirectoryAttributes } from './directory-attributes.ts';
import type { Steps } from '../../pace.ts';
import { removeInSteps } from '../files/remove-tree.ts';

/** A layer, or all layers so far as one tree. */
interface LayerPlace {
  /** A byte string. */
  readonly tree: string;
  readonly directories: DirectoryAttributes;
}

/**
 * Whiteouts apply to what is below, never to the layer itself.
 *
 * @param layer directory of the layer; its content is moved
 * @param below becomes the result
 */
export function* overlayLayer(
  layer: string,
  below: LayerPlace,
  { whiteouts, opaque, directories }: Pick<LayerTree, 'whiteouts' | 'opaque' | 'directories'>,
): Steps {
  for (const path of opaque) {
    if (!isInTree(below.tree, `${path}/`)) continue;
    const parent = path === '' ? '' : `${path}/`;
    for (const name of childrenOf(`${below.tree}/${path}`)) yield* remove(below, `${parent}${name}`);
  }
  for (const path of whiteouts) if (isInTree(below.tree, path)) yield* remove(below, path);
  yield* merge({ tree: layer, directories }, below, '');
  yield* below.directories.lay(directories);
}

function* merge(layer: LayerPlace, below: LayerPlace, parent: string): Steps {
  for (const name of childrenOf(`${layer.tree}/${parent}`)) {
    yield;
    const path = `${parent}${name}`;
    const there = statsAt(at(below.tree, path));
    if (isDirectory(at(layer.tree, path)) && there !== undefined) {
      if (there.isDirectory()) {
        yield* merge(layer, below, `${path}/`);
        continue;
      }
      if (!layer.directories.tells(path)) throughNoDirectory(path);
    }
    yield* remove(below, path);
    fs.renameSync(at(layer.tree, path), at(below.tree, path));
  }
}

/** Some tools would write through a link there, and others replace it. */
function throughNoDirectory(path: string): never {
  throw new CacheError(
    ERROR_CODES.InvalidImage,
    `The image is invalid: a layer writes below ${printable(path)}, which is not a directory in the layers below it.`,
  );
}

function* remove({ tree, directories }: LayerPlace, path: string): Steps {
  directories.forget(path);
  yield* removeInSteps(`${tree}/${path}`);
}

function childrenOf(directory: string): string[] {
  return fs.readdirSync(at(directory, ''), { encoding: 'latin1' });
}

/** Lays a layer over those below, as a container's file system would. */
import * as fs from 'node:fs';
import { isInTree } from '../files/in-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { at, statsAt } from '../files/attributes.ts';
import type { DirectoryAttributes } from './directory-attributes.ts';
import { removeTree } from '../files/remove-tree.ts';

/** All layers so far, as one tree. */
export interface LowerLayers {
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
export function overlayLayer(layer: string, below: LowerLayers, { whiteouts, opaque, directories }: LayerTree): void {
  for (const path of opaque) {
    if (!isInTree(below.tree, `${path}/`)) continue;
    const parent = path === '' ? '' : `${path}/`;
    for (const name of childrenOf(`${below.tree}/${path}`)) remove(below, `${parent}${name}`);
  }
  for (const path of whiteouts) if (isInTree(below.tree, path)) remove(below, path);
  merge(layer, below, '');
  below.directories.lay(directories);
}

function merge(layer: string, below: LowerLayers, parent: string): void {
  for (const name of childrenOf(`${layer}/${parent}`)) {
    const path = `${parent}${name}`;
    if (isDirectory(`${layer}/${path}`) && isDirectory(`${below.tree}/${path}`)) {
      merge(layer, below, `${path}/`);
      continue;
    }
    remove(below, path);
    fs.renameSync(at(layer, path), at(below.tree, path));
  }
}

function remove({ tree, directories }: LowerLayers, path: string): void {
  directories.forget(path);
  removeTree(`${tree}/${path}`);
}

function childrenOf(directory: string): string[] {
  return fs.readdirSync(at(directory, ''), { encoding: 'latin1' });
}

function isDirectory(path: string): boolean {
  return statsAt(at(path, ''))?.isDirectory() === true;
}

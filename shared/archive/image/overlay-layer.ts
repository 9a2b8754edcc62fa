/** Lays a layer over those below, as a container's file system would. */
import * as fs from 'node:fs';
import { isInTree } from '../files/in-tree.ts';
import type { LayerTree } from './layer-tree.ts';
import { at } from '../files/attributes.ts';
import { removeTree } from '../files/remove-tree.ts';

/**
 * Whiteouts apply to what is below, never to the layer itself.
 *
 * @param layer directory of the layer; its content is moved
 * @param below directory of all layers below, which becomes the result
 */
export function overlayLayer(layer: string, below: string, { whiteouts, opaque }: LayerTree): void {
  for (const path of opaque) {
    if (!isInTree(below, `${path}/`)) continue;
    const directory = path === '' ? below : `${below}/${path}`;
    for (const name of childrenOf(directory)) removeTree(`${directory}/${name}`);
  }
  for (const path of whiteouts) if (isInTree(below, path)) removeTree(`${below}/${path}`);
  merge(layer, below);
}

function merge(layer: string, below: string): void {
  for (const name of childrenOf(layer)) {
    const [from, to] = [`${layer}/${name}`, `${below}/${name}`];
    if (isDirectory(from) && isDirectory(to)) {
      merge(from, to);
      continue;
    }
    removeTree(to);
    fs.renameSync(at(layer, name), at(below, name));
  }
}

function childrenOf(directory: string): string[] {
  return fs.readdirSync(at(directory, ''), { encoding: 'latin1' });
}

function isDirectory(path: string): boolean {
  return fs.lstatSync(at(path, ''), { throwIfNoEntry: false })?.isDirectory() === true;
}

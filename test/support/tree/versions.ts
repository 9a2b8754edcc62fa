import { randomBytes } from 'node:crypto';
import type { Item } from './item.ts';

const FILES = 20;

/** A tree of many files in many directories; some of each are the same in every version. */
export function version(name: string, directories = 20): Item[] {
  const items: Item[] = [];
  for (let d = 0; d < directories; d++) {
    const path = `d${d}`;
    items.push({ path, type: 'directory', mtimeSec: 1e9 + name.length });
    for (let f = 0; f < FILES; f++) {
      const content = f % 5 === 0 ? 'the same in all' : `${name} ${d} ${f} `.repeat(20 + f * 40);
      items.push({ path: `${path}/f${f}`, type: 'file', content });
    }
    items.push({ path: `${path}/only-${name}`, type: 'directory' });
    items.push({ path: `${path}/only-${name}/x`, type: 'file', content: name });
  }
  items.push({ path: 'large', type: 'file', content: randomBytes(1_000_000) });
  return items;
}

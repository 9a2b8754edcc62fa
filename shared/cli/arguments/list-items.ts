import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import { didYouMean } from '../../interface/text/nearest.ts';
import type { ParamRow } from '../../interface/params.ts';
import { splitList } from '../../interface/text/split-list.ts';
import type { OptionRow, Options } from './options.ts';

/** The option for one item that may hold a comma, such as a value that somebody else chose. The option of the list would split it. */
export const ITEM_OPTION: OptionRow = {
  name: 'item',
  kind: 'list',
  value: 'NAME=ITEM',
  meaning: 'an item of the list NAME, such as files, taken as it is; what --NAME has is split on newlines and commas',
};

/** The lists among the options, by the names of their params; those that were not given are left out. Throws InvalidParams. */
export function readLists({ lists }: Options, rows: readonly ParamRow[]): ReadonlyMap<string, readonly string[]> {
  const names = rows.filter(({ type }) => type === 'list').map(({ name }) => name);
  const found = new Map<string, readonly string[]>();
  for (const name of names) {
    const texts = lists.get(name);
    if (texts !== undefined) found.set(name, texts.flatMap(splitList));
  }
  for (const text of lists.get(ITEM_OPTION.name) ?? []) {
    const [, name = '', item = ''] = /^([^=]*)=([\s\S]*)$/.exec(text) ?? [];
    if (!names.includes(name)) throw notOfList(text, name, names);
    found.set(name, [...(found.get(name) ?? []), item]);
  }
  return found;
}

function notOfList(text: string, name: string, names: readonly string[]): CacheError {
  const why = name === '' ? 'is not NAME=ITEM' : `is of no list; ${didYouMean(name, names)}`;
  return invalidParams(`--item: ${JSON.stringify(text)} ${why}`);
}

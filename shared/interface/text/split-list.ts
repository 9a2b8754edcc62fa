const OPENING = new Set(['{', '[', '(']);
const CLOSING = new Set(['}', ']', ')']);

/** A template around a value that may be any text, such as the name of a branch: its commas and brackets do not count. */
const SLUG = { open: '{{slug(', close: ')}}' } as const;

/**
 * Splits a list that was given as one string: on newlines, and on commas outside `{}`, `[]` and `()`, which belong to globs.
 * A backslash takes the next character's meaning away, as in globs; it stays in the item.
 */
export function splitList(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(splitCommas)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function splitCommas(line: string): string[] {
  const items: string[] = [];
  let item = '';
  let depth = 0;
  const lastSlug = line.lastIndexOf(SLUG.close);
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === ',' && depth === 0) {
      items.push(item);
      item = '';
      continue;
    }
    if (at < lastSlug && line.startsWith(SLUG.open, at)) {
      const end = line.indexOf(SLUG.close, at) + SLUG.close.length;
      item += line.slice(at, end);
      at = end - 1;
      continue;
    }
    item += character;
    if (character === '\\') item += line.charAt(++at);
    else if (OPENING.has(character)) depth++;
    else if (CLOSING.has(character)) depth = Math.max(0, depth - 1);
  }
  items.push(item);
  return items;
}

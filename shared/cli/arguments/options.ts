import { didYouMean } from '../../interface/text/nearest.ts';
import type { ParamRow } from '../../interface/params.ts';

/** One option of a subcommand. */
export interface OptionRow {
  readonly name: string;
  /** One letter that stands for the name: `f` is written `-f`. */
  readonly short?: string;
  /** A flag is true when given, and may be followed by `true` or `false`; a list may be given several times. */
  readonly kind: 'value' | 'list' | 'flag';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly meaning: string;
}

export interface Options {
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlyMap<string, boolean>;
  /** What is wrong, a sentence each; the rest was read all the same. */
  readonly problems: readonly string[];
}

export const HELP_OPTION: OptionRow = { name: 'help', short: 'h', kind: 'flag', meaning: 'show this' };

/** The option of a param: the same name, and the table's own words. */
export function optionOf({ name, type, values, meaning }: ParamRow): OptionRow {
  const placeholder =
    values?.join('|') ??
    { string: 'TEXT', list: 'ITEM', duration: '1h5m30s', bytes: '20Gi', enum: '', boolean: '' }[type];
  if (type === 'boolean') return { name, kind: 'flag', meaning };
  return { name, kind: type === 'list' ? 'list' : 'value', value: placeholder, meaning };
}

/**
 * Reads `--name value`, `--name=value`, `-n value`, `--flag` and `--flag false`; with `operand` one word besides, as the value of that name.
 */
export function readOptions(args: readonly string[], rows: readonly OptionRow[], operand?: string): Options {
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const flags = new Map<string, boolean>();
  const problems: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, written, inline] = /^(-[^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const row = rows.find(
      (one) => written === `--${one.name}` || (one.short !== undefined && written === `-${one.short}`),
    );
    const name = row?.name ?? '';
    if (operand !== undefined && !word.startsWith('-') && !values.has(operand)) {
      values.set(operand, word);
    } else if (written === undefined) {
      problems.push(`${JSON.stringify(word)} is no option; options begin with --.`);
    } else if (row === undefined) {
      const known = rows.map((candidate) => `--${candidate.name}`);
      problems.push(`Option ${written} is unknown; ${didYouMean(written, known)}`);
      // What follows was meant to be its value.
      if (inline === undefined && rest[0]?.startsWith('-') === false) rest.shift();
    } else if (row.kind === 'flag') {
      const text = inline ?? (rest[0] === 'true' || rest[0] === 'false' ? rest.shift() : 'true');
      // An empty string stands for an optional param that was not given.
      if (text === '') continue;
      if (text !== 'true' && text !== 'false')
        problems.push(`--${name} takes true or false, not ${JSON.stringify(text)}.`);
      flags.set(name, text === 'true');
    } else {
      const text = inline ?? rest.shift();
      if (text === undefined) problems.push(`--${name} needs a value.`);
      else if (row.kind === 'list') lists.set(name, [...(lists.get(name) ?? []), text]);
      else if (values.has(name)) problems.push(`--${name} is given twice.`);
      else values.set(name, text);
    }
  }
  return { values, lists, flags, problems };
}

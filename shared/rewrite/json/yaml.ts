/**
 * YAML as Kubernetes and Tekton read it, by sigs.k8s.io/yaml on go.yaml.in/yaml/v2: YAML 1.1 without its numbers to base 60. A file
 * mode `0400` is octal, `yes` and `on` are true, `<<` merges, of equal keys the last one counts.
 *
 * https://github.com/yaml/go-yaml/blob/v2.4.4/resolve.go
 */
import { Composer, isAlias, isMap, isSeq, parseAllDocuments, Parser, Scalar } from 'yaml';
import type { CST, Document, DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from 'yaml';
import { MAX_ALIASES } from '../../interface/text/bounds.ts';
import { isJson } from './json.ts';
import type { Json } from './json.ts';
import { checkYaml } from './yaml-bounds.ts';

/**
 * What the first document says, which is all that Kubernetes reads where it wants one, and all that is read; null when there is none.
 * Throws what the parser says, and what is out of bounds.
 */
export function readYaml(text: string): Json {
  checkYaml(text);
  const [first] = new Composer(OPTIONS).compose(untilError(new Parser().parse(text)));
  if (first === undefined) return null;
  const [error] = first.errors;
  if (error === undefined) return contentOf(first);
  const lines = text.slice(0, error.pos[0]).split('\n');
  throw new Error(`${error.message} at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`);
}

/** The tokens up to the first that is no YAML: the parser would go on after it, and could meet an error at each character. */
function* untilError(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  for (const token of tokens) {
    yield token;
    if (token.type === 'error') return;
  }
}

/** What all documents of a user's own file say: aliases in it are as many as kubectl takes, short of those that stand for gigabytes. */
export function readAllYaml(text: string): Json[] {
  return [...parseAllDocuments(text, OPTIONS)].map((document) => contentOf(document, 100_000));
}

function contentOf(document: Document.Parsed, maxAliasCount = MAX_ALIASES): Json {
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const value: unknown = document.toJS({ maxAliasCount });
  return isJson(value) ? value : null;
}

const BOOL: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|t|on)/i.test(text),
};

const INT: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^(?:[-+]_*)?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[bB]_*[01][01_]*|0[oO]?_*[0-7][0-7_]*|0_*|[1-9][0-9_]*)$/,
  resolve: (text) => integer(text.replaceAll('_', '')),
};

const FLOAT: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]_*)?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d[\d_]*)?$/,
  resolve: (text) => {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : text;
  },
};

/** A number that JavaScript cannot hold stays text: a param makes text of a number anyway. */
function integer(text: string): number | string {
  const digits = text.replace(/^[-+]/, '');
  const size = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = text.startsWith('-') ? -size : size;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** Where it stands in a map, it is written over what came before it; the package's own leaves that alone. */
const addMerged: NonNullable<Scalar['addToJSMap']> = (context, map, value) => {
  const source = context !== undefined && isAlias(value) ? value.resolve(context.doc, context) : value;
  if (isSeq(source)) {
    for (const item of source.items.toReversed()) addMerged(context, map, item);
    return;
  }
  if (!isMap(source)) throw new Error('What `<<` merges has to be a map, or a list of maps.');
  for (const [key, item] of source.toJSON(null, context, Map)) {
    if (map instanceof Map) map.set(key, item);
    else Object.defineProperty(map, String(key), { value: item, writable: true, enumerable: true, configurable: true });
  }
};

const MERGE: ScalarTag = {
  tag: 'tag:yaml.org,2002:merge',
  default: 'key',
  test: /^<<$/,
  resolve: () => Object.assign(new Scalar('<<'), { addToJSMap: addMerged }),
};

const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'failsafe',
  customTags: ['null', BOOL, INT, FLOAT, MERGE],
  resolveKnownTags: false,
  uniqueKeys: false,
};

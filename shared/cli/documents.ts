import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { isJson, isList, isObject } from '../rewrite/json.ts';
import type { JsonObject } from '../rewrite/json.ts';

/** The file name of standard input. */
export const STANDARD_INPUT = '-';

/** The objects of a file of YAML or JSON, those of a `List` one by one, as `kubectl get` gives them. */
export async function readDocuments(file: string): Promise<JsonObject[]> {
  const documents = parseAllDocuments(await read(file), { schema: 'core' });
  return documents.flatMap((document) => {
    const [error] = document.errors ?? [];
    if (error !== undefined) throw invalid(`${file}: ${error.message}`);
    const value: unknown = document.toJS();
    return isObject(value) && isJson(value) ? itemsOf(value) : [];
  });
}

async function read(file: string): Promise<string> {
  if (file === STANDARD_INPUT) return await text(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`The file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function itemsOf(document: JsonObject): JsonObject[] {
  const { kind, items } = document;
  return typeof kind === 'string' && kind.endsWith('List') && isList(items) ? items.filter(isObject) : [document];
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { invalidParams, messageOf } from '../../errors.ts';
import { isList, isObject } from '../../rewrite/json/json.ts';
import type { Json, JsonObject } from '../../rewrite/json/json.ts';
import { readAllYaml } from '../../rewrite/json/yaml.ts';

/** The file name of standard input. */
export const STANDARD_INPUT = '-';

/** The objects of a file of YAML or JSON, those of a `List` one by one, as `kubectl get` gives them. */
export async function readDocuments(file: string): Promise<JsonObject[]> {
  const content = await read(file);
  return documentsOf(file, content).flatMap((document) => (isObject(document) ? itemsOf(document) : []));
}

/** The ConfigMap of a name, of whatever namespace. */
export function configMapIn(documents: readonly JsonObject[], name: string): JsonObject | undefined {
  return documents.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && isObject(metadata) && metadata['name'] === name,
  );
}

function documentsOf(file: string, content: string): Json[] {
  try {
    return readAllYaml(content);
  } catch (error) {
    throw invalidParams(`${file}: ${messageOf(error)}`);
  }
}

async function read(file: string): Promise<string> {
  if (file === STANDARD_INPUT) return await text(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalidParams(`The file cannot be read: ${messageOf(error)}`);
  }
}

function itemsOf(document: JsonObject): JsonObject[] {
  const { kind, items } = document;
  return typeof kind === 'string' && kind.endsWith('List') && isList(items) ? items.filter(isObject) : [document];
}

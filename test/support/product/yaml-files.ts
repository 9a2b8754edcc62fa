import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

import type { NewObject } from '../kube/kube-api.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** The objects of a YAML text. `origin` says in an error where it comes from. */
export const parseObjects = (text: string, origin: string): readonly NewObject[] =>
  parseAllDocuments(text).map((document): NewObject => {
    const [error] = document.errors;
    if (error) throw new Error(`${origin}: ${error.message}`);
    const object: NewObject = document.toJS();
    return object;
  });

/** The objects of one file of the repository. */
export const readObjects = async (path: string): Promise<readonly NewObject[]> =>
  parseObjects(await readFile(join(repository, path), 'utf8'), path);

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

import type { NewObject } from '../kube/kube-api.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** The objects of one file of the repository. */
export const readObjects = async (path: string): Promise<readonly NewObject[]> => {
  const documents = parseAllDocuments(await readFile(join(repository, path), 'utf8'));
  return documents.map((document): NewObject => {
    const [error] = document.errors;
    if (error) throw new Error(`${path}: ${error.message}`);
    const object: NewObject = document.toJS();
    return object;
  });
};

/** The objects of a folder's files, in the order of their names. */
export const readFolder = async (path: string): Promise<readonly NewObject[]> => {
  const names = (await readdir(join(repository, path))).filter((name) => /^\d.*\.yaml$/.test(name)).sort();
  return (await Promise.all(names.map((name) => readObjects(join(path, name))))).flat();
};

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A short name for the content of files and for other things that a result depends on. */
export const fingerprint = async (files: readonly string[], others: readonly string[] = []): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
};

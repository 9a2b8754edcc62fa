import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Keeps a page of figures, and shows it. */
export async function writePage(file: string, page: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, page);
  process.stdout.write(page);
}

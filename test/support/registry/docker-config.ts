import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a docker `config.json` into a directory, and returns the directory. */
export const writeDockerConfig = async (directory: string, config: object, file = 'config.json'): Promise<string> => {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, file), JSON.stringify(config));
  return directory;
};

export const authFor = (username: string, password: string): { readonly auth: string } => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});

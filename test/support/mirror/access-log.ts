import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** One request that the mirror has answered; one line of JSON in its log. */
export interface AccessRecord {
  readonly time: string;
  /** Address of the pod. */
  readonly client: string;
  readonly repository: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  /** Whether the answer was a package itself, and not only what is said about packages. */
  readonly isPackage: boolean;
}

export const appendAccess = (file: string, record: AccessRecord): void =>
  appendFileSync(file, `${JSON.stringify(record)}\n`);

/** Everything that was downloaded so far, oldest first. */
export const readAccessLog = async (file: string): Promise<readonly AccessRecord[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line): AccessRecord => JSON.parse(line));
};

/** Packages that came over the wire, out of all requests. */
export const downloads = (records: readonly AccessRecord[]): readonly AccessRecord[] =>
  records.filter(({ isPackage, status }) => isPackage && status === 200);

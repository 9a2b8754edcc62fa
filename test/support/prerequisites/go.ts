import { runCommand } from '../command.ts';

const REQUIRED = '1.26.4';

/** Whether `version` (such as `1.26.8`) is at least `required`. */
export const isAtLeast = (version: string, required: string): boolean => {
  const numbers = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10));
  const actual = numbers(version);
  for (const [index, wanted] of numbers(required).entries()) {
    const given = actual[index] ?? 0;
    if (given !== wanted) return given > wanted;
  }
  return true;
};

/** Tekton 1.15 does not build with an older Go; the tool chain is not fetched for the user. */
export const requireGo = async (): Promise<void> => {
  const answer = await runCommand('go', ['env', 'GOVERSION']).catch(() => {
    throw new Error(`Go is missing. Install Go ${REQUIRED} or newer (https://go.dev/dl) and put it on the PATH.`);
  });
  const version = answer.trim().replace(/^go/, '');
  if (!isAtLeast(version, REQUIRED)) {
    throw new Error(`Go ${version} is too old. Install Go ${REQUIRED} or newer (https://go.dev/dl).`);
  }
};

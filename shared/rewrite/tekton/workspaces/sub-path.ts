import { CacheError, ERROR_CODES } from '../../../errors.ts';

/** A path that stands in a field of a step afterwards, where variables of a run or Pipeline are not replaced. */
export function fixedSubPath(workspace: string, subPath: string, otherwise: string): string {
  if (!subPath.includes('$(')) return subPath;
  throw new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `\`subPath: ${subPath}\` of workspace \`${workspace}\` has to be mounted in steps, where this variable is not replaced. ` +
      `Write the path out, ${otherwise}.`,
  );
}

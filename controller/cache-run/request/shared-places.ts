import { CacheError, ERROR_CODES } from '../../../shared/errors.ts';
import { holdsPlace } from '../../../shared/interface/places/claim-place.ts';
import type { ClaimPlace } from '../../../shared/interface/places/claim-place.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import { SOURCE } from '../../../shared/request/request.ts';
import type { WorkspaceBinding } from '../../tekton/workspace-binding.ts';

/**
 * Refuses workspaces of a run that are one place of one claim, or one within the other. Of two caches each entry would have the content of
 * both. A cache with the sources in it would bring old ones back over a later checkout, unless `paths` say what of it is the cache.
 */
export function refuseSharedPlaces(workspaces: readonly WorkspaceBinding[], { caches, paths }: CacheRequest): void {
  const names = new Set(caches.map(({ name }) => name));
  const cached = workspaces.filter(({ name }) => names.has(name) && name !== SOURCE);
  for (const outer of cached) {
    const inner = cached.find((one) => one !== outer && holds(outer, one));
    if (inner !== undefined) {
      throw refusal(
        `Workspaces ${quoted(outer)} and ${quoted(inner)} are the same place of claim ${claimOf(outer)}, or one within the other, so that each entry would hold both. Bind each with a \`subPath\` of its own.`,
      );
    }
  }
  const source = workspaces.find(({ name }) => name === SOURCE);
  const whole = caches.filter((cache) => paths.length === 0 && cache.paths === undefined);
  const outer = cached.find((one) => whole.some(({ name }) => name === one.name) && holds(one, source));
  if (outer === undefined) return;
  throw refusal(
    `Workspace ${quoted(outer)} is bound to a place of claim ${claimOf(outer)} that holds the workspace \`source\`. Cached whole, its sources would come back over those of a later checkout. ` +
      'Say in `paths` which directories of it are the cache, or bind it with a `subPath` of its own.',
  );
}

function holds(outer: WorkspaceBinding, inner: WorkspaceBinding | undefined): boolean {
  return holdsPlace(placeOf(outer), placeOf(inner));
}

function placeOf(workspace: WorkspaceBinding | undefined): ClaimPlace {
  return { claim: claimOf(workspace), subPath: workspace?.subPath };
}

function claimOf(workspace: WorkspaceBinding | undefined): string | undefined {
  return workspace?.persistentVolumeClaim?.claimName;
}

function quoted({ name }: WorkspaceBinding): string {
  return `\`${name}\``;
}

function refusal(message: string): CacheError {
  return new CacheError(ERROR_CODES.WorkspaceNotSupported, message);
}

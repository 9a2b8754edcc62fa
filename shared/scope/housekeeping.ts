import { isRepository } from '../interface/places/image-reference.ts';
import { parseAccess } from './access.ts';
import type { Access, Granting } from './access.ts';

/** The service account of the housekeeper, in the namespace of the installation, and the name by which registries know it. */
export const HOUSEKEEPER = 'tekton-cache-storage';

const ACTIONS: readonly string[] = ['pull', 'delete'];

/** What the housekeeper gets of what it asked for: it lists, reads and deletes everything, and writes nothing. */
export function grantHousekeeping(asked: readonly string[]): Granting {
  const granted: Access[] = [];
  const refused: string[] = [];
  for (const text of asked) {
    const access = parseAccess(text);
    if (access !== undefined && mayHave(access)) granted.push(access);
    else refused.push(`${text}: the housekeeper may list the catalogue, and pull and delete in repositories`);
  }
  return { granted, refused };
}

function mayHave({ type, name, actions }: Access): boolean {
  if (type === 'registry') return name === 'catalog' && actions.every((action) => action === '*');
  return type === 'repository' && isRepository(name) && actions.every((action) => ACTIONS.includes(action));
}

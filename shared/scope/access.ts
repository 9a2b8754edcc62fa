/** Scopes of registry tokens: https://distribution.github.io/distribution/spec/auth/scope/ */
import { isRepository } from '../interface/places/image-reference.ts';
import type { WithheldFor } from '../interface/withheld.ts';
import { isOpen, isReserved } from './place.ts';
import type { Place } from './place.ts';
import type { Scope } from './scope.ts';

/** One entry of a token's claim `access`. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface Granting {
  /** Why pushes were kept back that policy would grant. */
  readonly withheld?: readonly WithheldFor[];
  /** When to ask again for these, where that is known. Seconds. */
  readonly retryAfterS?: number;
  readonly granted: readonly Access[];
  /** A sentence for each thing that was asked for and not granted. */
  readonly refused: readonly string[];
}

const ACTIONS = ['pull', 'push'] as const;
/** The actions of one scope. Registries ask for four at most, and each that is not granted has its own sentence in answer and log. */
const MOST_ACTIONS = 16;

/** `repository:NAME:pull,push`; a name may hold colons. Nothing for a text that is no scope. */
export function parseAccess(text: string): Access | undefined {
  const [first, last] = [text.indexOf(':'), text.lastIndexOf(':')];
  if (first <= 0 || last <= first + 1) return undefined;
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter((action) => action !== '');
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions };
}

/** The part of what was asked for that lies within the scope: the rest is left out, as the protocol has it. */
export function grant(asked: readonly string[], scope: Scope): Granting {
  const granted: Access[] = [];
  const refused: string[] = [];
  for (const text of asked) {
    const access = parseAccess(text);
    const why = access === undefined ? 'it is no scope' : refusalOf(access);
    if (access === undefined || why !== undefined) {
      refused.push(`${text}: ${why}`);
      continue;
    }
    const { type, name } = access;
    const actions = ACTIONS.filter((action) => access.actions.includes(action) && placeFor(action, name, scope));
    if (actions.length > 0) granted.push({ type, name, actions });
    refused.push(
      ...access.actions
        .filter((action) => !actions.some((one) => one === action))
        .map((action) => `${type}:${name}:${action}: ${whyNot(action, name, scope)}`),
    );
  }
  return { granted, refused };
}

/** The place by which an action on a repository is within the scope. */
export function placeFor(action: (typeof ACTIONS)[number], repository: string, scope: Scope): Place | undefined {
  const places = action === 'push' ? scope.write : scope.read;
  return places.find((place) => isOpen(place, repository));
}

function refusalOf({ type, name, actions }: Access): string | undefined {
  if (actions.length > MOST_ACTIONS) return `it names more than ${MOST_ACTIONS} actions`;
  if (type !== 'repository') return 'only repositories are granted';
  return isRepository(name) ? undefined : 'no repository has this name';
}

function whyNot(action: string, repository: string, { trust, read, write }: Scope): string {
  if (!ACTIONS.some((known) => known === action)) return 'only pull and push are granted';
  const places = action === 'push' ? write : read;
  const reserved = isReserved(repository) ? ' and belongs to other runs' : '';
  return `it is outside of what a run that is ${trust} may ${action === 'push' ? 'write' : 'read'}${reserved}: ${places.map((place) => place.repositories).join(', ')}`;
}

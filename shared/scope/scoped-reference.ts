/** Targets are written once, for every kind of run: the scope of the run says which repositories they are. */
import { fitReference } from '../interface/places/fit-reference.ts';
import { parseTarget } from '../interface/places/image-reference.ts';
import { byOwnName, isReserved } from './place.ts';
import type { RunPlaces } from './run-places.ts';

export interface ScopedRegistry {
  /** `host[:port]` of the installation's registry; in all others targets stay as they are. */
  readonly registry: string;
  readonly places: RunPlaces;
}

/** The repositories that one stands for. */
interface ScopedRepository {
  /** The references that the run reads, in this order. */
  readonly reads: readonly string[];
  readonly writes: string;
}

/** A part that belongs to some runs was named on purpose, and what is outside of the namespace is granted by name: both stay. */
export function scopedRepository(written: string, { namespace, reads, writes }: RunPlaces): ScopedRepository {
  const repository = byOwnName(written, namespace);
  if (!repository.startsWith(`${namespace}/`) || isReserved(repository)) {
    return { reads: [repository], writes: repository };
  }
  const rest = repository.slice(namespace.length);
  return { reads: reads.map((place) => place + rest), writes: writes + rest };
}

/** What a reference is read as, in this order. Throws `InvalidParams` for what is no reference. */
export function readAs(reference: string, scoped: ScopedRegistry | undefined): readonly string[] {
  return turn(reference, scoped, ({ reads }) => reads);
}

/** What a reference is written as. Throws `InvalidParams` for what is no reference. */
export function writtenAs(reference: string, scoped: ScopedRegistry | undefined): string {
  return turn(reference, scoped, ({ writes }) => [writes])[0] ?? reference;
}

function turn(
  reference: string,
  scoped: ScopedRegistry | undefined,
  choose: (repositories: ScopedRepository) => readonly string[],
): readonly string[] {
  const target = scoped === undefined ? undefined : parseTarget(reference);
  if (scoped === undefined || target?.kind !== 'registry' || target.registry !== scoped.registry) return [reference];
  const { registry, repository } = target;
  return choose(scopedRepository(repository, scoped.places)).map((place) =>
    place === repository
      ? reference
      : fitReference(reference.replace(`${registry}/${repository}`, () => `${registry}/${place}`)),
  );
}

/** A list of globs against a path, one name after the other: what a directory leads to is known before anything in it is looked at. */
import type { Component, Glob } from './glob.ts';

/** How far along one alternative of a glob a path has come. */
interface Place {
  readonly glob: Glob;
  readonly component: Component;
  /** Set where all components before this one are names. */
  readonly isNamed: boolean;
  readonly next: Place | undefined;
  /** For `**`: the same place one directory deeper. */
  readonly onward: Place | undefined;
}

interface Step {
  readonly matched: readonly Glob[];
  readonly places: readonly Place[];
}

interface Parts {
  readonly matched: readonly Glob[];
  readonly covered: boolean;
  readonly including: readonly Place[];
  readonly excluding: readonly Place[];
}

const NONE: readonly never[] = [];

/** What a list says of one path. A `!` takes a path out of it with all that is below, wherever in the list it stands. */
export class GlobState {
  /** The globs that match the path itself; none where it is taken out. */
  readonly matched: readonly Glob[];
  /** A glob matches the path or a directory above it, and it is not taken out. */
  readonly covered: boolean;
  readonly #including: readonly Place[];
  readonly #excluding: readonly Place[];

  private constructor({ matched, covered, including, excluding }: Parts) {
    this.matched = matched;
    this.covered = covered;
    this.#including = including;
    this.#excluding = excluding;
  }

  /** The state at the directory that the globs are relative to. */
  static top(globs: readonly Glob[]): GlobState {
    return new GlobState({
      matched: NONE,
      covered: false,
      including: globs.filter(({ excludes }) => !excludes).flatMap(placesOf),
      excluding: globs.filter(({ excludes }) => excludes).flatMap(placesOf),
    });
  }

  /** A glob may match something below the path. */
  get leadsOn(): boolean {
    return this.#including.length > 0;
  }

  /** True where a glob may take out something below the path. */
  get leadsOut(): boolean {
    return this.#excluding.length > 0;
  }

  /** The only names that lead on or match in this directory, where that is known: nothing has to be listed. */
  get names(): ReadonlySet<string> | undefined {
    const names = new Set<string>();
    for (const { component } of this.#including) {
      if (component === '**' || component.name === undefined) return undefined;
      names.add(component.name);
    }
    return names;
  }

  /** The same behind a link to a directory: a glob leads there by name alone. */
  behindLink(): GlobState {
    const { matched, covered } = this;
    const including = this.#including.filter(({ isNamed }) => isNamed);
    return new GlobState({ matched, covered, including, excluding: this.#excluding });
  }

  /** @param name byte string, of what is in the directory that this is the state of */
  enter(name: string): GlobState {
    const excluding = step(this.#excluding, name);
    if (excluding.matched.length > 0) return TAKEN_OUT;
    const including = step(this.#including, name);
    return new GlobState({
      matched: including.matched,
      covered: this.covered || including.matched.length > 0,
      including: including.places,
      excluding: excluding.places,
    });
  }

  /** @param path byte string, relative to the directory that this is the state of */
  at(path: string): GlobState {
    return path.split('/').reduce<GlobState>((state, name) => state.enter(name), this);
  }
}

const TAKEN_OUT = GlobState.top([]);

function placesOf(glob: Glob): Place[] {
  return glob.alternatives.flatMap((components) => {
    const first = components.findIndex((component) => component === '**' || component.name === undefined);
    /** How many names there are at the beginning: what comes after them is reached by name as well. */
    const names = first < 0 ? components.length : first;
    const place = components.reduceRight<Place | undefined>((next, component, n) => {
      const onward = { glob, component, isNamed: false, next, onward: undefined };
      return { glob, component, isNamed: n <= names, next, onward: component === '**' ? onward : undefined };
    }, undefined);
    return place === undefined ? [] : [place];
  });
}

function step(places: readonly Place[], name: string): Step {
  if (places.length === 0) return { matched: NONE, places: NONE };
  const matched = new Set<Glob>();
  const next = new Set<Place>();
  const go = (place: Place): void => {
    if (place.component === '**') {
      next.add(place.onward ?? place);
      // `**` stands for no directory, too. At the end of a glob it is all that is in a directory.
      if (place.next === undefined) matched.add(place.glob);
      else go(place.next);
    } else if (place.component.matches(name)) {
      if (place.next === undefined) matched.add(place.glob);
      else next.add(place.next);
    }
  };
  places.forEach(go);
  return { matched: [...matched], places: next.size === 0 ? NONE : [...next] };
}

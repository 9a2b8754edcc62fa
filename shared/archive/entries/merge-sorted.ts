/** Several streams, each in path order and no path in two of them, as one. */
import { comparePaths } from '../paths/path.ts';

export function* mergeSorted<T extends { readonly path: string }>(
  streams: readonly Iterable<T>[],
): IterableIterator<T> {
  const heads = streams.map((stream) => {
    const iterator = stream[Symbol.iterator]();
    return { iterator, next: iterator.next() };
  });
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (
        first === undefined ||
        first.next.done === true ||
        comparePaths(head.next.value.path, first.next.value.path) < 0
      ) {
        first = head;
      }
    }
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = first.iterator.next();
  }
}

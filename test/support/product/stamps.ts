/** Annotations that Pipelines-as-Code writes on its runs, by their names without the group. */
export const stampsOf = (stamps: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(stamps).map(([name, value]) => [`pipelinesascode.tekton.dev/${name}`, value]));

/** Those of a run of the Repository `app`: what happened, in which repository the commit is, and what differs from the usual. */
export const stamped = (
  type: string,
  source: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> =>
  stampsOf({
    'event-type': type,
    branch: 'main',
    repository: 'app',
    'repo-url': 'https://git/org/app',
    'source-repo-url': source,
    ...more,
  });

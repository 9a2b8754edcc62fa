/** What the platform says of a run. Nothing of it comes from the pod. */
export interface RunFacts {
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** The one that the pod runs as. */
  readonly serviceAccount: string;
  /** UID of the outermost run, which a PipelineRun is for its TaskRuns and CustomRuns. */
  readonly run: string;
  /** The annotations of the outermost run. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the run was made for. */
export interface RunEvent {
  /** `push`, `pull_request` and other words of Pipelines-as-Code. */
  readonly type?: string;
  /** The target: `main` of a pull request, `refs/heads/main` or `refs/tags/v1` of a push. */
  readonly branch?: string;
  /** Number of the pull request, and the Repository that it is of: it is unique within the namespace. */
  readonly pullRequest?: { readonly repository: string; readonly number: string };
  /** What is built: the repository of the target, and the commit. */
  readonly source?: { readonly url?: string; readonly commit: string };
  /** Does the event come from another repository, or is that not known? */
  readonly isFork: boolean;
}

const PAC = 'pipelinesascode.tekton.dev/';
const STAMPS = ['event-type', 'branch', 'pull-request', 'repository', 'repo-url', 'source-repo-url', 'sha'] as const;
type Stamp = (typeof STAMPS)[number];
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads what Pipelines-as-Code stamps on each PipelineRun: it writes over what the file in the repository says. Each stamp is an annotation, and
 * may be empty; few are labels as well. So beside annotations no label counts: the author of a pull request may have written it. The stamp
 * `pull-request` is left out where there is none, and what is there is the author's as well: an event without a branch has no number.
 *
 * https://github.com/tektoncd/pipelines-as-code/blob/main/pkg/kubeinteraction/labels.go
 */
export function eventOf({ annotations, labels }: RunFacts): RunEvent {
  const stamps = [annotations, labels].find((given) => STAMPS.some((name) => given[PAC + name] !== undefined));
  const stamp = (name: Stamp): string | undefined => stamps?.[PAC + name] || undefined;
  const [type, branch, number] = [stamp('event-type'), stamp('branch'), stamp('pull-request')];
  const repository = stamp('repository');
  const [url, commit] = [stamp('repo-url'), stamp('sha')];
  const isPullRequest = number !== undefined || /^(?:pull|merge)[_ -]request/i.test(type ?? '');
  const [target, source] = [stamp('repo-url'), stamp('source-repo-url')].map(normalUrl);
  return {
    ...(type === undefined ? {} : { type }),
    ...(branch === undefined ? {} : { branch }),
    ...(repository !== undefined && branch !== undefined && /^\d{1,10}$/.test(number ?? '')
      ? { pullRequest: { repository, number: number ?? '' } }
      : {}),
    ...(commit !== undefined && COMMIT.test(commit)
      ? { source: { ...(url === undefined ? {} : { url }), commit } }
      : {}),
    // Pipelines-as-Code may call the re-run of a check a push. Then its origin is unknown, and it has no branch.
    isFork:
      stamps !== undefined && (branch === undefined || (isPullRequest && (target === undefined || target !== source))),
  };
}

/** The same repository has one form: `https://HOST/Owner/Name.git/` is `https://host/owner/name`. */
function normalUrl(url: string | undefined): string | undefined {
  return url
    ?.toLowerCase()
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}

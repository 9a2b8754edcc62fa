/** The parts of a resolution that take as long as its documents are large. All are pure, and take and give plain data. */
import { writtenReference } from '../../shared/rewrite/ask/written-reference.ts';
import { readYaml } from '../../shared/rewrite/json/yaml.ts';
import { resolve, whatToRead } from '../../shared/rewrite/resolve.ts';

/** One job: its name, and its arguments. */
export type RewritingJob =
  | { readonly do: 'whatToRead'; readonly with: Parameters<typeof whatToRead> }
  | { readonly do: 'writtenReference'; readonly with: Parameters<typeof writtenReference> }
  | { readonly do: 'readYaml'; readonly with: Parameters<typeof readYaml> }
  | { readonly do: 'resolve'; readonly with: Parameters<typeof resolve> };

/** Throws what the job throws. */
export function doRewriting(job: RewritingJob): unknown {
  switch (job.do) {
    case 'whatToRead':
      return whatToRead(...job.with);
    case 'writtenReference':
      return writtenReference(...job.with);
    case 'readYaml':
      return readYaml(...job.with);
    case 'resolve':
      return resolve(...job.with);
    default:
      return job satisfies never;
  }
}

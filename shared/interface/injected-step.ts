import type { Verb } from './mode.ts';

/** The label of the Pipelines and Tasks that the resolvers answer with, which Tekton copies to their runs. Its value is the resolver. */
export const STEPS_LABEL = 'cache.tekton.dev/steps';

/** The names of these steps; with `-2` and so on behind them where the Task has such a name already. */
export const STEP_NAMES: Readonly<Record<Verb, string>> = { fetch: 'cache-fetch', upload: 'cache-upload' };

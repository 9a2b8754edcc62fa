/**
 * A fetch in a process of its own, to be killed, frozen or run as another user: `node fetch-process.ts TARGET REFERENCE DIR [KERNEL [SOURCES]]`;
 * prints the outcome. KERNEL may be empty.
 */
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { kernel } from './other-kernel.ts';

const [target = '', reference = '', dir = '', name, comparedWith] = process.argv.slice(2);
const { store } = openStore(target);
const sources = comparedWith === undefined ? {} : { comparedWith };
const request = {
  store,
  reference,
  dir,
  paths: [],
  exclude: [],
  clean: true,
  ...kernel(name || undefined),
  ...sources,
};
const outcome = await fetchEntry(request);
await store.close();
process.stdout.write(JSON.stringify(outcome));

/** A fetch in a process of its own, for tests that kill it: `node fetch-process.ts TARGET REFERENCE DIR`. */
import { fetchEntry } from '../../shared/entry/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';

const [target = '', reference = '', dir = ''] = process.argv.slice(2);
const { store } = openStore(target);
await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true });
await store.close();

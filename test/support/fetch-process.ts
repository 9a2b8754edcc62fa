/** A fetch in a process of its own, to be killed or run as another user: `node fetch-process.ts TARGET REFERENCE DIR`; prints the outcome. */
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';

const [target = '', reference = '', dir = ''] = process.argv.slice(2);
const { store } = openStore(target);
const outcome = await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true });
await store.close();
process.stdout.write(JSON.stringify(outcome));

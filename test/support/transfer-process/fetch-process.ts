/**
 * A fetch in a process of its own, to be killed, frozen or run as another user: `node fetch-process.ts TARGET REFERENCE DIR [KERNEL]`; prints
 * the outcome.
 */
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { kernel } from './other-kernel.ts';

const [target = '', reference = '', dir = '', name] = process.argv.slice(2);
const { store } = openStore(target);
const request = { store, reference, dir, paths: [], exclude: [], clean: true, ...kernel(name) };
const outcome = await fetchEntry(request);
await store.close();
process.stdout.write(JSON.stringify(outcome));

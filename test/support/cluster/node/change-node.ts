import { toolSet } from '../../prerequisites/go-tools.ts';
import { addNode, crashNode } from './node.ts';

/** Runs inside of the cluster's namespaces: `add` starts the second node, `crash` ends it. */

const [action] = process.argv.slice(2);
if (action === 'add') await addNode(await toolSet('kubernetes', console.error), 'node2');
else if (action === 'crash') await crashNode('node2');
else throw new Error('usage: change-node.ts add|crash');

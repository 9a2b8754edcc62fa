// The floor: what any tool pays that looks at every file of a tree. Plain JavaScript, so that nothing else is timed.
import { lstatSync, readdirSync } from 'node:fs';

let count = 0;
const visit = (directory) => {
  for (const name of readdirSync(directory)) {
    const path = `${directory}/${name}`;
    count++;
    if (lstatSync(path).isDirectory()) visit(path);
  }
};
visit(process.argv[2]);
process.stdout.write(`${count}\n`);

/** `npm run test:repeat`: runs a suite many times and counts. Nothing is run once more here: every red is a red. */
import { closingLine, judgeSuite, totalsOf } from './judge.ts';
import { startLoad } from './load.ts';
import { runSuiteProcess } from './mocha-process.ts';
import { readRepetition, tableOf, USAGE } from './repetition.ts';
import type { Repetition, Turn } from './repetition.ts';

const takeTurn = async ({ suite }: Repetition): Promise<Turn> => {
  const started = performance.now();
  let output = '';
  const verdict = judgeSuite(await runSuiteProcess(suite, (text) => (output += text)));
  if (verdict.failures.length > 0) console.log(output);
  return { seconds: Math.round((performance.now() - started) / 1000), verdict };
};

const repeat = async (repetition: Repetition): Promise<void> => {
  if (repetition.load) process.env['TEST_PATIENCE'] ??= '3';
  const stopLoad = repetition.load ? startLoad() : async () => undefined;
  const turns: Turn[] = [];
  try {
    for (let number = 1; number <= repetition.times; number++) {
      const turn = await takeTurn(repetition);
      turns.push(turn);
      console.log(
        `run ${number} of ${repetition.times}: ${closingLine(totalsOf([turn.verdict]))} in ${turn.seconds} s`,
      );
    }
  } finally {
    await stopLoad();
  }
  const totals = totalsOf(turns.map(({ verdict }) => verdict));
  console.log(`\n${tableOf(turns)}\n${closingLine(totals)}`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
};

const repetition = readRepetition(process.argv.slice(2));
if (repetition) await repeat(repetition);
else {
  console.error(USAGE);
  process.exitCode = 2;
}

import { mapStrings } from '../json/json.ts';
import type { Json } from '../json/json.ts';
import { readParam, toReference } from '../tekton/read/reference.ts';
import type { Reference, TextReference } from '../tekton/read/reference.ts';
import { runReplacements, substitute } from '../tekton/pipeline/substitution.ts';
import type { Run } from '../tekton/tekton.ts';
import { VARIABLE, writtenText } from './written-param.ts';
import type { Asked } from './written-param.ts';

/** The reference in a text. The value of a variable stays a value, or a part of one, whatever characters are in it. */
export function writtenReference(reference: TextReference, asked: Asked, run: Run): Reference {
  const { param, value } = reference;
  const text = writtenText(param, asked, run);
  const read =
    text === undefined ? readParam(param, value) : substitute(readWritten(param, text), runReplacements(run));
  return toReference(reference, read);
}

/** Numbers take the places of the variables while YAML is read: `$(params.list[0])` is no plain YAML. */
function readWritten(param: string, text: string): Json {
  const variables: string[] = [];
  const numbered = text.replaceAll(VARIABLE, (variable) => `$(${variables.push(variable) - 1})`);
  return mapStrings(readParam(param, numbered), (part) =>
    part.replaceAll(VARIABLE, (number) => variables[Number(number.slice(2, -1))] ?? number),
  );
}

/**
 * A value as a part of a repository or a tag. Injective: it can be read back, so two values never meet.
 *
 * `a-z` and `0-9` stay; `.`, `_` and `-` stay between two other characters. An upper-case letter is written in lower case
 * followed by `__u`, any other byte of the UTF-8 text as two hex digits followed by `__x`. What stays never forms `__`, and every piece begins
 * and ends with a letter or digit. So the text is legal wherever a template puts it.
 */
export function escapeValue(value: string): string {
  const bytes = Buffer.from(value, 'utf8');
  let text = '';
  let afterSeparator = true;
  bytes.forEach((byte, at) => {
    const character = String.fromCharCode(byte);
    const separator = /[._-]/.test(character) && !afterSeparator && at < bytes.length - 1;
    if (separator || /[a-z0-9]/.test(character)) text += character;
    else if (/[A-Z]/.test(character)) text += `${character.toLowerCase()}__u`;
    else text += `${byte.toString(16).padStart(2, '0')}__x`;
    afterSeparator = separator;
  });
  return text;
}

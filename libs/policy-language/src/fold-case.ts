const UPPER = /[A-Z\u00c0-\u00d6\u00d8-\u00de]/;
const ALL_UPPER = /[A-Z\u00c0-\u00d6\u00d8-\u00de]+/g;

/**
 * The form in which action names, condition key names and IgnoreCase values compare. Only Latin letters fold: policies hold nothing beyond
 * U+00FF, and a look-alike (the Kelvin sign, the dotted capital I) must not become one of their letters.
 */
export function foldCase(text: string): string {
  return UPPER.test(text) ? text.replace(ALL_UPPER, (letters) => letters.toLowerCase()) : text;
}

import { fail } from '@trent/errors';

/** @throws MalformedPolicyDocumentException with this text, always */
export function malformed(message: string): never {
  fail('MalformedPolicyDocumentException', message);
}

/** The general fault of form, with what is wrong and where, for the person who wrote the document. */
export function syntaxError(detail: string): never {
  malformed(`Syntax errors in policy. ${detail}`);
}

/** A piece of the document as an error message may show it: whole if short, never more than 128 characters. */
export function shown(text: string): string {
  return text.length <= 128 ? text : `${text.slice(0, 125)}...`;
}

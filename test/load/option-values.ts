import { InvalidArgumentError } from 'commander';

/** A number above 0, whole or not. @throws InvalidArgumentError */
export function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('expected a number above 0');
}

/** A whole number above 0. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0');
}

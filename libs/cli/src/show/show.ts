import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { showCertificate } from './show-certificate.ts';
import { showCiphertext } from './show-ciphertext.ts';
import { showPermit } from './show-permit.ts';

/** `trent show …`: prints what is in a thing, as age's inspector does for its files. Needs no cluster and proves nothing. */
export function showCommand(print: (line: string) => void): Command {
  const ciphertext = new Command('ciphertext')
    .description('a CiphertextBlob: base64, or fileb://FILE')
    .argument('<blob>')
    .action((argument: string) => {
      for (const line of showCiphertext(bytesOf(argument))) print(line);
    });
  const certificate = new Command('certificate')
    .description('a PEM certificate file')
    .argument('<file>')
    .action((file: string) => {
      for (const line of showCertificate(readFileSync(file), Date.now())) print(line);
    });
  const permit = new Command('permit')
    .description('a permit as the gateway passes it on: base64, or fileb://FILE')
    .argument('<permit>')
    .action((argument: string) => {
      for (const line of showPermit(bytesOf(argument), Date.now())) print(line);
    });
  const show = new Command('show').description('look into ciphertexts, permits and certificates');
  return show.addCommand(ciphertext).addCommand(permit).addCommand(certificate);
}

/** The AWS CLI's spellings of a blob. @throws Error when it is not base64 */
function bytesOf(argument: string): Buffer {
  if (argument.startsWith('fileb://')) return readFileSync(argument.slice('fileb://'.length));
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(argument)) throw new Error('expected base64 or fileb://FILE');
  return Buffer.from(argument, 'base64');
}

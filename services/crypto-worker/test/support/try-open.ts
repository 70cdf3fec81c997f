/** Child process of the service spec: opens the token at a place and prints as JSON what was refused, null if nothing was. */
import { openToken, type TokenPlace } from '../../src/pool/open-token.ts';

let refusal: string | null = null;
try {
  openToken(JSON.parse(process.argv[2] ?? '') as TokenPlace);
} catch (error) {
  refusal = error instanceof Error ? error.message : String(error);
}
process.stdout.write(JSON.stringify(refusal));

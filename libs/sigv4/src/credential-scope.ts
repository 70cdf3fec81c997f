import { fail } from '@trent/errors';

import type { CredentialScope } from './http-facts.ts';
import { TERMINATOR } from './signature.ts';

const ACCESS_KEY_ID = /^\w{1,128}$/;
const SCOPE_PART = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Takes `keyid/date/region/service/aws4_request` apart and compares its date with the request's.
 * @throws IncompleteSignatureException, InvalidSignatureException, UnrecognizedClientException with AWS's texts
 */
export function parseCredential(credential: string, amzDate: string): { accessKeyId: string; scope: CredentialScope } {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || date === undefined || region === undefined || service === undefined) {
    fail(
      'IncompleteSignatureException',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential.slice(0, 256)}'`,
    );
  }
  if (!ACCESS_KEY_ID.test(accessKeyId)) {
    fail('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (terminator !== TERMINATOR) {
    fail(
      'InvalidSignatureException',
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${(terminator ?? '').slice(0, 64)}'.`,
    );
  }
  if (date !== amzDate.slice(0, 8)) {
    fail(
      'InvalidSignatureException',
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${date.slice(0, 64)}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    );
  }
  if (!SCOPE_PART.test(region)) fail('InvalidSignatureException', INVALID_REGION);
  if (!SCOPE_PART.test(service)) fail('InvalidSignatureException', 'Credential should be scoped to correct service.');
  return { accessKeyId, scope: { date, region, service } };
}

const INVALID_REGION = 'Credential should be scoped to a valid region.';

/** What a request may be signed for. */
export interface ExpectedScope {
  /** `any`: a service with one endpoint for all regions. */
  readonly regions: readonly string[] | 'any';
  /** The service that answers: `kms`, `sts`, `iam`, `cloudtrail`. */
  readonly service: string;
}

/** @throws InvalidSignatureException unless the request was signed for one of these regions and this service; both faults are told at once */
export function checkScope(scope: CredentialScope, expected: ExpectedScope): void {
  const faults: string[] = [];
  if (expected.regions !== 'any' && !expected.regions.includes(scope.region)) faults.push(INVALID_REGION);
  if (scope.service !== expected.service) faults.push(`Credential should be scoped to correct service: '${expected.service}'.`);
  if (faults.length > 0) fail('InvalidSignatureException', faults.join(' '));
}

export { canonicalRequest } from './canonical-request.ts';
export { queryPairs } from './canonical-uri.ts';
export { checkScope, type ExpectedScope } from './credential-scope.ts';
export type { CredentialScope, HttpFacts, ParsedAuthorization } from './http-facts.ts';
export { parseAuthorization, SIGNATURE_MISMATCH } from './parse-authorization.ts';
export { presignRequest, signRequest, type SigningCredentials, type SignInput } from './sign-request.ts';
export { signatureOf, signingKey, stringToSign, verifySignature } from './signature.ts';
export { checkSignatureTime, formatAmzDate, parseAmzDate, SKEW_MINUTES } from './signature-time.ts';

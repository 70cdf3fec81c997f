import type { options } from '@trent/contracts';
import { catalogue, queryForm, type TrentError } from '@trent/errors';

import { escapeXml } from './aws-query-writer.ts';

export const JSON_TYPE = 'application/x-amz-json-1.1';
export const XML_TYPE = 'text/xml';

/** An answer as it goes on the wire, headers but for the ones of every answer. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Value of `x-amzn-ErrorType`, which some SDKs read before the body. */
  readonly errorType: string;
}

/** An error on the AWS JSON wire (kms-api §12.2): `{"__type":"NotFoundException","message":"…"}`, without message where AWS sends none. */
export function jsonError(error: TrentError): ErrorAnswer {
  const { awsName, http } = catalogue[error.code];
  const message = error.message === '' ? '' : `,"message":${JSON.stringify(error.message)}`;
  return { status: http, contentType: JSON_TYPE, body: `{"__type":"${awsName}"${message}}`, errorType: awsName };
}

/** An error on the AWS Query wire (kms-api §13.1). */
export function queryError(error: TrentError, requestId: string, wire: Pick<options.Wire, 'xmlNamespace'>): ErrorAnswer {
  const { code, http, type } = queryForm(error.code);
  const detail = `<Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(error.message)}</Message>`;
  const body = `<ErrorResponse xmlns="${escapeXml(wire.xmlNamespace)}"><Error>${detail}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status: http, contentType: XML_TYPE, body, errorType: code };
}

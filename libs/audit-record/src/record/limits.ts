/**
 * Bounds of a record's members, which keep any record below NATS's message limit whatever a caller sent.
 * Source: AWS CloudTrail user guide, "CloudTrail record contents": requestParameters and responseElements are omitted above 100 KB,
 * additionalEventData above 28 KB; userAgent, errorCode and errorMessage are cut at 1 KB. Counted in UTF-16 units.
 */
export const MAX_PARAMETERS = 100_000;
export const MAX_ADDITIONAL_DATA = 28_000;
export const MAX_TEXT = 1_000;

/** JSON text within its bound, else null. */
export function within(max: number, json: string | undefined): string {
  return json === undefined || json === '' || json.length > max ? 'null' : json;
}

/** A text cut at its bound, as JSON. */
export function cutText(text: string): string {
  return JSON.stringify(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text);
}

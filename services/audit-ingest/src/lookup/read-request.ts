import { cloudtrail } from '@trent/contracts';
import { fail } from '@trent/errors';

/** AWS answers events of the last 90 days. */
const MAX_AGE_S = 90 * 86_400;
const MAX_RESULTS = 50;

const { LookupAttributeKey: Key } = cloudtrail;

/** What is looked for: all of the account and Region, or what has this value. */
export type Filter =
  | { readonly by: 'time' }
  | { readonly by: 'readOnly'; readonly value: boolean }
  | {
      readonly by: 'eventId' | 'eventName' | 'username' | 'resourceType' | 'resourceName' | 'eventSource' | 'accessKeyId';
      readonly value: string;
    };

/** A look-up, checked. */
export interface Lookup {
  readonly filter: Filter;
  /** Seconds since the epoch, inclusive. */
  readonly startS: number;
  /** Seconds since the epoch, inclusive. */
  readonly endS: number;
  readonly maxResults: number;
  /** The range as it was asked for, '' where it was not: what a NextToken is bound to. */
  readonly asked: string;
  /** Insight events are asked for, of which there are none. */
  readonly insight: boolean;
}

/**
 * Checks a request. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 * @throws TrentError InvalidLookupAttributesException, InvalidTimeRangeException, InvalidMaxResultsException, InvalidEventCategoryException
 */
export function readRequest(request: cloudtrail.LookupEventsRequest, nowS: number): Lookup {
  const filter = readFilter(request.lookupAttributes);
  const startS = secondsOf(request.startTime);
  const endS = secondsOf(request.endTime);
  if (startS !== undefined && endS !== undefined && startS > endS) {
    fail('InvalidTimeRangeException', 'The start time occurs after the end time.');
  }
  const maxResults = request.maxResults ?? MAX_RESULTS;
  if (maxResults < 1 || maxResults > MAX_RESULTS) fail('InvalidMaxResultsException', `MaxResults must be from 1 to ${MAX_RESULTS}.`);
  return {
    filter,
    startS: Math.max(startS ?? 0, nowS - MAX_AGE_S),
    endS: endS ?? nowS + MAX_AGE_S,
    maxResults,
    asked: `${startS ?? ''}/${endS ?? ''}`,
    insight: isInsight(request.eventCategory),
  };
}

function readFilter(attributes: readonly cloudtrail.LookupAttribute[]): Filter {
  const [attribute, ...others] = attributes;
  if (attribute === undefined) return { by: 'time' };
  if (others.length > 0) invalid('Only one lookup attribute may be specified.');
  const value = attribute.attributeValue ?? '';
  if (value.length < 1 || value.length > 2000) invalid('The value of a lookup attribute has from 1 to 2000 characters.');
  switch (attribute.attributeKey) {
    case Key.LOOKUP_ATTRIBUTE_KEY_EVENT_ID:
      return { by: 'eventId', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_EVENT_NAME:
      return { by: 'eventName', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_READ_ONLY:
      return { by: 'readOnly', value: readBoolean(value) };
    case Key.LOOKUP_ATTRIBUTE_KEY_USERNAME:
      return { by: 'username', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_TYPE:
      return { by: 'resourceType', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_RESOURCE_NAME:
      return { by: 'resourceName', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_EVENT_SOURCE:
      return { by: 'eventSource', value };
    case Key.LOOKUP_ATTRIBUTE_KEY_ACCESS_KEY_ID:
      return { by: 'accessKeyId', value };
    default:
      return invalid('The key of a lookup attribute is not known.');
  }
}

function readBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') invalid('The value of ReadOnly is true or false.');
  return value === 'true';
}

/** Numbers outside the enum reach a gRPC server: its types are promises of the other side. */
function isInsight(category: number | undefined): boolean {
  const { EVENT_CATEGORY_INSIGHT: insight, EVENT_CATEGORY_UNSPECIFIED: unspecified } = cloudtrail.EventCategory;
  if (category === undefined || category === unspecified) return false;
  return category === insight || fail('InvalidEventCategoryException', 'The event category is not valid.');
}

/** Whole seconds, as records have them. */
function secondsOf(time: Date | undefined): number | undefined {
  if (time === undefined) return undefined;
  const seconds = time.getTime() / 1000;
  return Number.isFinite(seconds) ? seconds : fail('InvalidTimeRangeException', 'The time range is outside the range of possible values.');
}

function invalid(message: string): never {
  return fail('InvalidLookupAttributesException', message);
}

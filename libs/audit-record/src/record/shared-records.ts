/**
 * The records of a request that used keys of other accounts: the caller's, and one for the trail of each of those, which tells of the caller
 * no more than id and account, and of the keys the owner's own. They share a sharedEventID (AWS CloudTrail user guide, "sharedEventID" and
 * "userIdentity element", AWSAccount). A denial is the caller's alone: whoever is refused leaves nothing in a foreign trail.
 * @param record as `finishRecord` made it, of a request that succeeded
 * @param accountId the caller's
 * @param resources ARNs of keys and aliases
 */
export function sharedRecords(record: string, accountId: string, resources: readonly string[], newEventId: () => string): string[] {
  if (!resources.some((arn) => isForeign(arn, accountId))) return [record];
  const shown = JSON.parse(record) as ShownRecord;
  const sharedEventID = newEventId();
  const owners = new Set(resources.filter((arn) => isForeign(arn, accountId)).map(accountOf));
  return [
    JSON.stringify({ ...shown, sharedEventID }),
    ...[...owners].map((owner) =>
      JSON.stringify({
        ...shown,
        userIdentity: { type: 'AWSAccount', principalId: shown.userIdentity.principalId, accountId },
        eventID: newEventId(),
        resources: shown.resources.filter(({ ARN }) => accountOf(ARN) === owner),
        recipientAccountId: owner,
        sharedEventID,
      }),
    ),
  ];
}

interface ShownRecord {
  readonly userIdentity: { readonly principalId?: string };
  readonly resources: readonly { readonly ARN: string }[];
}

/** Nearly no request touches another account's key, so this is all that most of them pay. */
function isForeign(arn: string, accountId: string): boolean {
  return !arn.includes(`:${accountId}:`);
}

function accountOf(arn: string): string {
  return arn.split(':', 5)[4] ?? '';
}

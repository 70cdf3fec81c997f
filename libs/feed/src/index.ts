export { followFeed } from './follow-feed.ts';
export type { Follower, FollowOptions } from './follow-feed.ts';
export { FollowerState } from './follower-state.ts';
export type { FollowerSinks, Standing } from './follower-state.ts';
export { LoadsInFlight } from './loads-in-flight.ts';
export {
  APPLIED_FOR_EVER,
  changesSubject,
  confirmsSubject,
  decodeChanges,
  decodeConfirm,
  encodeChanges,
  encodeConfirm,
} from './messages.ts';
export type { Change, RenewRequest, RenewResponse } from './messages.ts';
export { sealKeyOf } from './seal.ts';
export type { SealKey } from './seal.ts';

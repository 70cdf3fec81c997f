import type { NatsConnection } from '@nats-io/transport-node';
import type { ServiceRuntime } from '@trent/bootstrap';
import { feed } from '@trent/contracts';
import { followFeed, type Change, type Follower } from '@trent/feed';
import type { UnaryLink } from '@trent/grpc-link';

/** What a feed's changes do to what is held in view. */
export interface Views {
  readonly apply: (change: Change) => void;
  readonly dropAll: () => void;
}

/** Follows a feed as this replica, and tells readiness and debug state about it. */
export function follow(rt: ServiceRuntime, nats: NatsConnection, name: string, writers: UnaryLink, views: Views): Follower {
  const follower = followFeed({
    name,
    follower: rt.instance,
    nats,
    log: rt.log,
    writers: () => writers.endpoints(),
    renew: (request, endpoint, deadline) =>
      writers.call(feed.FeedServiceService.renew, request, {
        deadline,
        repeat: 'safe',
        ...(endpoint === undefined ? {} : { endpoint }),
      }),
    apply: (changes) => changes.forEach(views.apply),
    onReset: views.dropAll,
  });
  rt.debugState(`feed ${name}`, () => follower.state());
  rt.onDrain(`feed ${name}`, () => follower.close());
  return follower;
}

import { defineEvents } from '@trent/bootstrap';

/** What links log. */
export const linkEvents = defineEvents({
  connected: 'link.connected',
  lost: 'link.lost',
  draining: 'link.draining',
  unreachable: 'link.unreachable',
});

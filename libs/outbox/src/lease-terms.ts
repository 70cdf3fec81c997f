/** How long a lease lets a follower use what it holds; three renewals fit in. */
export const LEASE_MS = 2_000;
/** What clocks of two machines may differ over a lease (RFC 5905 allows 500 ppm: 1 ms), many times over. */
export const LEASE_MARGIN_MS = 100;
/** After this nobody uses a lease any more that was renewed before. */
export const HOLD_MS = LEASE_MS + LEASE_MARGIN_MS;

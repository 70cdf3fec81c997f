/** What queued up goes as one message of at most so many records … (a message costs client and server about the same from 1 to 32 records) */
export const MAX_RECORDS = 128;
/** … and UTF-16 units: at most three bytes each, so a message stays below NATS's 1 MB whatever its text. */
export const MAX_UNITS = 256 * 1024;
/** A longer record can't be carried; records are bounded below this when they are made. */
export const MAX_RECORD_UNITS = 300_000;
/** While a message is in flight the next records gather, but no longer than until so many wait: more would only add delay. */
export const ENOUGH_RECORDS = 32;
export const ENOUGH_UNITS = 64 * 1024;
/** Messages in flight a region: with ENOUGH_RECORDS each, above what JetStream acknowledges in one synchronous write. */
export const MAX_IN_FLIGHT = 8;
/** Records waiting for a message, in UTF-16 units, a region: two seconds of 8,000 records/s. Beyond it callers are throttled. */
export const MAX_QUEUED_UNITS = 16 * 1024 * 1024;
/** No acknowledgement in this time: the same message to the next stream (a leader's election takes seconds). */
export const ACK_TIMEOUT_MS = 300;
/** Pause after all streams have refused a message at once. */
export const REFUSED_PAUSE_MS = 50;
/** How long a stream that failed is passed over. */
export const DIVERSION_MS = 10_000;
/** How often deadlines and acknowledgements are looked at, while there are any. */
export const TICK_MS = 50;
/** Numbers of messages given up and not yet declared void: beyond it the oldest stay gaps. */
export const MAX_VOIDS = 1_000;

import { beforeEach, describe, expect, test } from '@jest/globals';
import { FollowerState } from './follower-state.ts';
import type { Change, RenewResponse } from './messages.ts';

const NOW = 50_000;
let applied: bigint[];
let resets: number;
let state: FollowerState;

beforeEach(() => {
  applied = [];
  resets = 0;
  state = new FollowerState({
    apply: (changes) => applied.push(...changes.map(({ sequence }) => sequence)),
    onReset: () => (resets += 1),
  });
});

function changes(...sequences: number[]): Change[] {
  return sequences.map((sequence) => ({ sequence: BigInt(sequence), kind: 'key', id: 'k', version: 1n }));
}

function aResponse(given: Partial<RenewResponse> = {}): RenewResponse {
  return { head: 10n, changes: [], more: false, provisional: false, leaseMs: 2_000, reset: false, sealKey: Buffer.alloc(0), ...given };
}

/** A follower that has started at 10. */
function started(): FollowerState {
  state.answer(aResponse(), NOW, true);
  return state;
}

describe('a follower that starts', () => {
  test('is not live before its first answer', () => {
    expect([state.isLive(NOW), state.isStarted, state.applied]).toEqual([false, false, 0n]);
  });

  test('starts at the head of an answer without a past', () => {
    expect(state.answer(aResponse(), NOW, true)).toBe('live');
    expect([state.applied, applied]).toEqual([10n, []]);
  });

  test('applies the short past that comes with the head', () => {
    expect(state.answer(aResponse({ changes: changes(8, 9, 10) }), NOW, true)).toBe('live');
    expect([state.applied, applied]).toEqual([10n, [8n, 9n, 10n]]);
  });

  test('keeps what NATS brought before the answer, as far as it is newer', () => {
    state.take(changes(9, 11, 12));
    expect(applied).toEqual([]);
    state.answer(aResponse(), NOW, true);
    expect([state.applied, applied]).toEqual([12n, [11n, 12n]]);
  });

  test('ignores an answer to a question that it did not ask from the head', () => {
    expect(state.answer(aResponse(), NOW, false)).toBe('behind');
    expect([state.isStarted, state.isLive(NOW)]).toEqual([false, false]);
  });
});

describe('a lease', () => {
  test('runs from the sending of its request', () => {
    started();
    expect([state.isLive(NOW + 1_999), state.isLive(NOW + 2_000)]).toEqual([true, false]);
  });

  test('is never shortened by an answer that comes late', () => {
    started().answer(aResponse(), NOW + 600, false);
    state.answer(aResponse(), NOW + 100, false);
    expect(state.isLive(NOW + 2_500)).toBe(true);
  });

  test('does not count while changes up to its head are missing', () => {
    const behind = started().answer(aResponse({ head: 20n, changes: changes(11, 12), more: true }), NOW + 1_900, false);
    expect([behind, state.applied, state.isLive(NOW + 2_100)]).toEqual(['behind', 12n, false]);
    const caughtUp = state.answer(aResponse({ head: 13n, changes: changes(13) }), NOW + 2_000, false);
    expect([caughtUp, state.isLive(NOW + 2_100)]).toEqual(['live', true]);
  });

  test('counts when NATS has brought meanwhile what the answer lacks', () => {
    started().take(changes(11));
    expect(state.answer(aResponse({ head: 11n }), NOW + 600, false)).toBe('live');
  });

  test('ends when the follower is closed', () => {
    started().close();
    expect(state.isLive(NOW)).toBe(false);
  });
});

describe('changes', () => {
  test('are applied in order, once', () => {
    started().take(changes(11, 12));
    state.take(changes(11, 12, 13));
    expect([applied, state.applied]).toEqual([[11n, 12n, 13n], 13n]);
  });

  test('that came too early wait for what is missing', () => {
    expect(started().take(changes(13, 12))).toBe(false);
    expect([state.hasGap, state.applied]).toEqual([true, 10n]);
    expect(state.take(changes(11))).toBe(true);
    expect([state.hasGap, applied]).toEqual([false, [11n, 12n, 13n]]);
  });

  test('that came early and then again in a page are applied once', () => {
    started().take(changes(12));
    state.take(changes(11, 12, 13));
    expect([applied, state.hasGap]).toEqual([[11n, 12n, 13n], false]);
  });

  test('far ahead are bounded, and a page still brings the follower on', () => {
    started().take(changes(...Array.from({ length: 10_000 }, (_, i) => i + 5_000)));
    state.take(changes(11, 12));
    expect(state.applied).toBe(12n);
  });

  test('have taken effect before they count as applied', () => {
    let during: bigint | undefined;
    const watched: FollowerState = new FollowerState({ apply: () => (during = watched.applied), onReset: () => undefined });
    watched.answer(aResponse(), NOW, true);
    watched.take(changes(11));
    expect([during, watched.applied]).toEqual([10n, 11n]);
  });
});

describe('a reset', () => {
  test('ends the lease, drops what was held, and starts from the head again', () => {
    started().take(changes(12));
    expect(state.answer(aResponse({ reset: true, head: 400n }), NOW + 100, false)).toBe('reset');
    expect([resets, state.isLive(NOW + 100), state.isStarted, state.hasGap]).toEqual([1, false, false, false]);
    expect(state.answer(aResponse({ head: 400n }), NOW + 200, true)).toBe('live');
    expect([state.applied, state.isLive(NOW + 300)]).toEqual([400n, true]);
  });
});

describe('provisional leases', () => {
  const provisional = aResponse({ provisional: true });

  test('do not count one by one', () => {
    expect(started().answer(provisional, NOW + 1_500, false)).toBe('provisional');
    expect(state.isLive(NOW + 2_000)).toBe(false);
  });

  test('count when every writer grants one, from the sending of the round', () => {
    expect(started().answerRound([provisional, provisional], NOW + 1_500)).toBe(true);
    expect([state.isLive(NOW + 3_499), state.isLive(NOW + 3_500)]).toEqual([true, false]);
  });

  test.each([
    ['one writer is silent', [provisional, undefined]],
    ['one writer reaches its store', [provisional, aResponse()]],
    ['one writer knows of a change that is missing here', [provisional, aResponse({ provisional: true, head: 11n })]],
    ['no writer is known', []],
  ])('do not count when %s', (_, responses) => {
    expect(started().answerRound(responses, NOW + 1_500)).toBe(false);
    expect(state.isLive(NOW + 2_000)).toBe(false);
  });

  test('bring the changes that their writers made', () => {
    started().answer(aResponse({ provisional: true, head: 12n, changes: changes(12) }), NOW + 1_500, false);
    state.answer(aResponse({ provisional: true, head: 11n, changes: changes(11) }), NOW + 1_500, false);
    expect(applied).toEqual([11n, 12n]);
  });

  test('start nobody: without a store there is nothing to hold', () => {
    state.answer(provisional, NOW, true);
    expect([state.answerRound([provisional], NOW), state.isLive(NOW)]).toEqual([false, false]);
  });
});

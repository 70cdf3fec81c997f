import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cardOf, createOperator, isSignedBy, readOperator, signAs, writeOperator } from './operator.ts';

const folder = mkdtempSync(join(tmpdir(), 'trent-operator-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an operator', () => {
  test('signs what the card verifies, and nothing else', async () => {
    const [anna, bert] = [await createOperator('anna'), await createOperator('bert')];
    const signature = signAs(anna, 'message');
    expect(isSignedBy(await cardOf(anna), 'message', signature)).toBe(true);
    expect(isSignedBy(await cardOf(anna), 'massage', signature)).toBe(false);
    expect(isSignedBy(await cardOf(bert), 'message', signature)).toBe(false);
    expect(isSignedBy(await cardOf(anna), 'message', '')).toBe(false);
  });

  test('has a card without secrets', async () => {
    const anna = await createOperator('anna');
    const card = JSON.stringify(await cardOf(anna));
    expect(card).not.toContain('AGE-SECRET');
    expect(card).not.toContain(anna.signingKey);
  });

  test('is kept in a file that its owner alone reads and that is never overwritten', async () => {
    const anna = await createOperator('anna');
    const path = join(folder, 'anna.json');
    writeOperator(path, anna);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readOperator(path)).toEqual(anna);
    expect(() => writeOperator(path, anna)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });

  test('has a plain name', async () => {
    await expect(createOperator('../anna')).rejects.toThrow('lower-case');
  });

  test('whose file is another thing is refused', () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{"format":"trent-operator/2"}');
    expect(() => readOperator(path)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  });
});

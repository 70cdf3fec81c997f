import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generatedPages } from '../../docs/generate.ts';

const root = join(import.meta.dirname, '../..');
const pages = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('the tour', () => {
  const files = [...textOf('docs/tour.md').matchAll(/`((?:services|libs)\/[^`\s]+\.ts)`/g)].map((match) => match[1] ?? '');

  test('names files', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(files)('%s exists', (file) => {
    expect(existsSync(join(root, file))).toBe(true);
  });
});

describe('links between pages', () => {
  const links = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => [page, match[1] ?? ''] as const),
  );

  test.each(links)('%s links to %s, which exists', (page, link) => {
    expect(existsSync(join(root, dirname(page), link))).toBe(true);
  });
});

describe('the README', () => {
  const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts);
  const commands = [...textOf('README.md').matchAll(/npm (?:run )?(up|down|status|logs|reset|test|trent|bench|load)\b/g)].map(
    (match) => match[1] ?? '',
  );

  test.each([...new Set(commands)])('npm script %s exists', (script) => {
    expect(scripts).toContain(script);
  });
});

test('the pages that are read off the code are current (npm run docs)', async () => {
  for (const [page, text] of await generatedPages()) expect([page, textOf(page)]).toEqual([page, text]);
});

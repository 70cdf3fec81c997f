/**
 * Lints planted imports as if they stood in real files: reads rows {file, code} as JSON from stdin, writes [ruleIds] a row to stdout.
 * A process of its own: jest's module sandbox and ESLint's own loading don't mix.
 */
import { ESLint } from 'eslint';

interface Planted {
  readonly file: string;
  readonly code: string;
}

const RULES = new Set(['@nx/enforce-module-boundaries', 'no-restricted-imports', 'no-restricted-properties']);

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const rows = JSON.parse(Buffer.concat(chunks).toString()) as Planted[];
const eslint = new ESLint({ cwd: process.cwd(), ruleFilter: ({ ruleId }) => RULES.has(ruleId) });
const found: string[][] = [];
for (const { file, code } of rows) {
  const [result] = await eslint.lintText(code, { filePath: file });
  found.push((result?.messages ?? []).map((message) => message.ruleId ?? message.message));
}
process.stdout.write(JSON.stringify(found));

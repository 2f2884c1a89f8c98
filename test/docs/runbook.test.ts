/** The runbook has what a mail, an error or the status sends its reader to. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WORDS } from '../../handlers/reporting/words.ts';

const RUNBOOK = readFileSync(new URL('../../docs/RUNBOOK.md', import.meta.url), 'utf8');

it('the runbook has one section for each code of an error, and no other at that level', () => {
  const sections = [...RUNBOOK.matchAll(/^#### (.*)$/gm)].map(([, heading = '']) => heading);
  expect(sections.toSorted()).toEqual(Object.keys(WORDS).toSorted());
});

it('every section of an error says something before its command', () => {
  const empty = [...RUNBOOK.matchAll(/^#### (.*)\n\n(?![A-Z]|v1)/gm)].map(([, heading]) => heading);
  expect(empty).toEqual([]);
});

it('the index at the top links to every section of the second level that is not an introduction', () => {
  const [index = ''] = /^\| you have [\s\S]*?\n\n/m.exec(RUNBOOK) ?? [];
  const linked = [...index.matchAll(/\[([^\]]+)\]/g)].map(([, heading]) => heading);
  const sections = [...RUNBOOK.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(linked).toEqual(
    expect.arrayContaining(sections.filter((name) => !INTRODUCTIONS.includes(String(name)))),
  );
});

/** Read before the section that a mail names, or only holding other sections. */
const INTRODUCTIONS = ['First', 'Alarms', 'Errors'];

it('every AWS CLI command of the runbook names the region', () => {
  const commands = RUNBOOK.match(/\baws [a-z]+ [a-z]+-?[^`\n]*/g) ?? [];
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter((command) => !/^aws \w+ [\w-]+ --region \$AWS_REGION\b/.test(command))).toEqual([]);
});

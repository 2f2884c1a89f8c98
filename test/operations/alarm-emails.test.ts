import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alarmEmails } from '../../docs/alarm-emails.ts';

test('docs/ALARM-EMAILS.txt is what arrives: write it anew with npm run docs:emails', () => {
  const written = readFileSync(new URL('../../docs/ALARM-EMAILS.txt', import.meta.url), 'utf8');
  expect(written).toBe(`${alarmEmails()}\n`);
});

import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';

// They would write files or start an export, and here they do nothing.
test.each(['schema', 'openapi', 'demo'])('%s takes no arguments, and tells its usage', async (name) => {
  const help = await runCommand(name, ['--help'], { env: {} });
  expect(help).toEqual({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: npm run /) });
  const wrong = await runCommand(name, ['--fast'], { env: {} });
  expect(wrong).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(`Usage: npm run ${name}`) });
});

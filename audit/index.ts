import { z } from 'zod';
import { audit } from './audit.ts';
import { reportOf } from './report.ts';

/** `npm run audit`: prints what was looked at and what is wrong; ends with 1 if anything is, with 2 if it cannot look. */
const environment = z.object({ DATABASE_URL: z.string().min(1), SANDBOX_URL: z.url() });

const settings = environment.safeParse(process.env);
if (settings.success) {
  const { DATABASE_URL: databaseUrl, SANDBOX_URL: sandboxUrl } = settings.data;
  try {
    const report = await audit({ databaseUrl, sandboxUrl: sandboxUrl.replace(/\/+$/, '') });
    process.stdout.write(reportOf(report));
    process.exitCode = report.findings.length > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`The audit could not look: ${(error as Error).message}\n`);
    process.exitCode = 2;
  }
} else {
  process.stderr.write(`Set these environment variables:\n${z.prettifyError(settings.error)}\n`);
  process.exitCode = 2;
}

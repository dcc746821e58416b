/** `npm start`: the whole product on this machine, until Ctrl-C. */
import { startStack } from './stack/index.ts';

/** Fills the database for a demonstration; loaded late, so that the stack's own messages come at once. */
async function prepareDatabase(databaseUrl: string, seed: 'demo' | 'none') {
  const { migrate } = await import('../db/migrate.ts');
  await migrate(databaseUrl);
  if (seed === 'none') return;
  const { seedDemo } = await import('./seed.ts');
  await seedDemo(databaseUrl);
}

/** What the environment decides: ports, and what leads out of this machine. The rest is the stack's own. */
const DECIDED =
  /^(PORT|SANDBOX_PORT|IDENTITY_PORT|PUBLIC_URL|OIDC_\w+|(ALIPAY|WECHATPAY|STRIPE|KUAIDI100|QIMEN|S3)_\w+)$/;
const inherited = Object.entries(process.env).flatMap(([name, value]) =>
  value && DECIDED.test(name) ? [[name, value] as const] : [],
);

try {
  const stack = await startStack({
    prepareDatabase,
    env: Object.fromEntries(inherited),
    log: (line) => console.log(line),
  });
  console.log(`
  API reference     ${stack.apiUrl}/reference
  Cashiers          ${stack.sandboxUrl}/
  Login (issuer)    ${stack.issuerUrl}
  Database          ${process.env['DATABASE_URL'] ? 'that of DATABASE_URL' : stack.databaseUrl}
  Temporal Web UI   ${stack.temporalUiUrl ?? `that of ${stack.temporalAddress}`}

  Ctrl-C stops all.`);
  const stop = async () => {
    console.log('\nStopping');
    await stack.stop();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

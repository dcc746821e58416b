import { startSandbox } from './app.ts';
import { loadSandboxConfig } from './config.ts';
import { startIdentity } from './identity/index.ts';

/** The process of the providers' other side: payments and identity. Ends cleanly on SIGTERM and SIGINT. */
const parts = [await startSandbox(loadSandboxConfig()), await startIdentity()];

let ending: Promise<unknown> | null = null;
function end(): void {
  ending ??= Promise.all(parts.map((part) => part.close())).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`The sandbox did not end cleanly: ${String(error)}\n`);
      process.exit(1);
    },
  );
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.send?.('ready');

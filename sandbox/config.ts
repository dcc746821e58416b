import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The settings of the sandbox, which shares none with the system that it serves. */
export interface SandboxConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
  dataDir: string;
  /** Address under which browsers and the system reach the sandbox; by default the one it listens on. */
  publicUrl: string | undefined;
  /** Retry schedules run this many times faster. */
  clockMultiplier: number;
  alipay: AlipaySettings;
}

export interface AlipaySettings {
  appId: string;
  sellerId: string;
  /** The provider's own PKCS8 PEM, which signs answers and notifications. */
  privateKey: string;
  /** The application's SPKI PEM, which verifies requests. */
  appPublicKey: string;
}

const environmentSchema = z.object({
  SANDBOX_HOST: z.string().default('127.0.0.1'),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65535).default(8090),
  SANDBOX_DATA_DIR: z.string().min(1),
  SANDBOX_PUBLIC_URL: z.url().optional(),
  SANDBOX_CLOCK_MULTIPLIER: z.coerce.number().positive().default(1),
  ALIPAY_APP_ID: z.string().min(1),
  ALIPAY_SELLER_ID: z.string().min(1),
  ALIPAY_SANDBOX_PRIVATE_KEY: z.string().min(1).transform(pem),
  ALIPAY_SANDBOX_APP_PUBLIC_KEY: z.string().min(1).transform(pem),
});

/** Reads the environment. Throws an Error that names every variable that is missing or wrong. */
export function loadSandboxConfig(environment: NodeJS.ProcessEnv = process.env): SandboxConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The sandbox cannot start. Set these environment variables:\n${lines.join('\n')}`);
  }
  const env = parsed.data;
  return {
    host: env.SANDBOX_HOST,
    port: env.SANDBOX_PORT,
    dataDir: env.SANDBOX_DATA_DIR,
    publicUrl: env.SANDBOX_PUBLIC_URL,
    clockMultiplier: env.SANDBOX_CLOCK_MULTIPLIER,
    alipay: {
      appId: env.ALIPAY_APP_ID,
      sellerId: env.ALIPAY_SELLER_ID,
      privateKey: env.ALIPAY_SANDBOX_PRIVATE_KEY,
      appPublicKey: env.ALIPAY_SANDBOX_APP_PUBLIC_KEY,
    },
  };
}

/** PEM text, with line breaks possibly written as `\n`, or the path of a PEM file. */
function pem(value: string): string {
  return value.includes('-----BEGIN') ? value.replaceAll('\\n', '\n') : readFileSync(value, 'utf8');
}

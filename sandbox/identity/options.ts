import { z } from 'zod';

/** Settings of the local issuer. Every field can be given in code; what is not given comes from the environment. */
export interface IdentityOptions {
  /** Loopback port; 0 takes a free one. */
  readonly port: number;
  /** Folder of `identity.json`: signing keys and accounts, so that a `sub` outlives a restart. */
  readonly dataDir: string;
  /** `aud` of the access tokens. */
  readonly audience: string;
  readonly tokenTtlSeconds: number;
  /** Without a secret the client `dingdan-service` does not exist. */
  readonly serviceSecret: string | undefined;
  /** How many codes one phone may ask for in a minute. */
  readonly codesPerMinute: number;
  /** The clock that codes and tickets expire by, in ms. */
  readonly now: () => number;
}

const environment = z.object({
  IDENTITY_PORT: z.coerce.number().int().min(0).max(65535).default(8081),
  SANDBOX_DATA_DIR: z.string().min(1).default('.dingdan/sandbox'),
  OIDC_AUDIENCE: z.string().min(1).default('dingdan-api'),
  IDENTITY_TOKEN_TTL_SECONDS: z.coerce.number().int().positive().default(3600),
  IDENTITY_SERVICE_SECRET: z.string().min(16).optional(),
  IDENTITY_CODES_PER_MINUTE: z.coerce.number().int().positive().default(10),
});

/** Completes the given options from the environment. Throws an Error that names every wrong variable. */
export function identityOptions(given: Partial<IdentityOptions>): IdentityOptions {
  const parsed = environment.safeParse(process.env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The sandbox issuer cannot start. Correct these variables:\n${lines.join('\n')}`);
  }
  return {
    port: parsed.data.IDENTITY_PORT,
    dataDir: parsed.data.SANDBOX_DATA_DIR,
    audience: parsed.data.OIDC_AUDIENCE,
    tokenTtlSeconds: parsed.data.IDENTITY_TOKEN_TTL_SECONDS,
    serviceSecret: parsed.data.IDENTITY_SERVICE_SECRET,
    codesPerMinute: parsed.data.IDENTITY_CODES_PER_MINUTE,
    now: Date.now,
    ...given,
  };
}

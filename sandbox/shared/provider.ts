import type { Hono } from 'hono';

/** A provider's other side, as the sandbox mounts it. */
export interface SandboxProvider {
  /** Its name for people, Chinese and English. */
  title: string;
  /** Mounted at `/<name>`: its cashier or what its staff sees, and its API unless that has a fixed path. */
  pages: Hono;
  /** Mounted at `/`, where the official SDK insists on a path of its own: `/v1/…`, `/v3/…`. */
  root?: Hono;
  /** Mounted at `/control/<name>`. */
  control: Hono;
  /** Of a payment provider: the latest trades as rows of the index page, which links to the other providers' own; `path` is the cashier's. */
  recent?(count: number): TradeRow[];
  close(): Promise<void>;
}

export interface TradeRow {
  outTradeNo: string;
  subject: string;
  amount: string;
  status: string;
  path: string;
  createdMs: number;
}

/** What every provider is given beside its own keys. */
export interface ProviderSettings {
  dataDir: string;
  clockMultiplier: number;
  /** Where browsers and the system reach the sandbox, without a trailing slash; known once it listens. */
  publicUrl: () => string;
}

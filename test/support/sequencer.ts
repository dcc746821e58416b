import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files run in the order of their names, so that what looks at everything done before (`zz-…`) is last. */
export default class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }
}

type Step = { readonly ofFile: boolean; readonly undo: () => unknown };
const steps: Step[] = [];

/** Runs `undo` after the running test (in a `beforeAll`: after the file's tests), the last registered first. */
export function atEnd(undo: () => unknown): void {
  steps.push({ undo, ofFile: expect.getState().currentTestName === undefined });
}

async function undoAll(which: (step: Step) => boolean): Promise<void> {
  for (const step of steps.filter(which).reverse()) {
    steps.splice(steps.indexOf(step), 1);
    await step.undo();
  }
}

afterEach(() => undoAll((step) => !step.ofFile));
afterAll(() => undoAll(() => true));
